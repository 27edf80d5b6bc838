/**
 * Detects SYN floods: many SYNs to one host of which hardly any become a connection.
 *
 * Watches packets, not flows: a flood may repeat one five-tuple or never repeat any. A busy server is told
 * from a flooded one by a sample of the SYNs: who then sends an ACK has completed the handshake.
 * Source: RFC 4987 (TCP SYN flooding attacks).
 */
import { PacketKind, type Packet } from '../../../decode/packet.ts'
import { IpProtocol, SIX_FLAGS, TcpFlag } from '../../../net/protocol.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import type { SynFloodConfig } from './config.ts'
import { CappedTable, type Row } from '../state/tables/capped-table.ts'
import {
  destinationAddress,
  destinationHash,
  originatorHash,
  sourceHash,
} from '../state/packet-address.ts'
import { MAX_FLOWS } from '../state/story.ts'
import { HeardSides } from '../state/watch/heard-sides.ts'
import { HostRates } from '../state/watch/host-rates.ts'
import { FloodStory } from './flood-story.ts'
import { FloodVictim } from './flood-victim.ts'
import { MetSources } from './met-sources.ts'

/** SYNs within two seconds from which a host is watched. */
const WATCH_FROM = 20

/** A host that gets no SYN for this long is no longer watched, and its story is over. */
const QUIET_US = 30_000_000

/**
 * A host is judged every second, and at each doubling from here on: until a flood is told each flow of it is a
 * record. Who is far away completes a handshake within a third of a second; a torrent is not given more.
 */
const JUDGED_FROM = 1024
const TORRENT_PATIENCE_US = 350_000

const HANDSHAKE_FLAGS = TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST

/** A host that is watched, and the story of the flood on it while there is one. */
interface Watched extends Row {
  readonly victim: FloodVictim
  story: FloodStory | null
}

export class SynFlood implements Detector {
  readonly name = 'syn-flood'
  readonly seesAbsorbed = true
  readonly watches = ['tcp-bare', 'tcp-payload'] as const
  readonly memories: readonly Memory[]
  readonly #config: SynFloodConfig
  readonly #emit: Emit
  readonly #rates = new HostRates()
  readonly #sides = new HeardSides()
  readonly #watched: CappedTable<Watched>
  /** The story of the packet at hand, where its flow is worth naming. */
  #naming: FloodStory | null = null
  /** When the packet at hand was sent, where it is one more of a flood that was told; else NaN. */
  #toldUs = Number.NaN
  readonly #met = new MetSources()

  constructor(config: SynFloodConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    this.#watched = new CappedTable(config.maxVictims, (watched) => this.#finish(watched))
    this.memories = [this.#watched]
  }

  packet(packet: Packet): void {
    this.#naming = null
    this.#toldUs = Number.NaN
    if (packet.protocol !== IpProtocol.TCP || packet.kind !== PacketKind.IP) return
    if (packet.isLaterFragment) return
    const flags = packet.tcpFlags & HANDSHAKE_FLAGS
    if (flags === TcpFlag.SYN) this.#syn(packet)
    else if (this.#watched.size > 0) this.#other(packet, flags)
  }

  /** Who sends more than one SYN may do something else besides, and is left to the others. */
  absorbs(flow: LiveFlow): boolean {
    if (flow.startUs !== this.#toldUs) return false
    if ((flow.openingTcpFlags & SIX_FLAGS) !== TcpFlag.SYN) return false
    return flow.openingPayloadBytes === 0 && this.#met.isNew(originatorHash(flow))
  }

  flowOpened(flow: LiveFlow): void {
    this.#naming?.story.addFlow(flow)
  }

  flowAnswered(flow: LiveFlow): void {
    this.#sides.note(flow)
  }

  tick(nowUs: number): void {
    for (const watched of this.#watched.values()) this.#judge(watched, nowUs)
    this.#watched.expire(nowUs - QUIET_US, (watched) => this.#finish(watched))
  }

  end(nowUs: number): void {
    // Samples still open a second after the end of the capture are not completed either.
    for (const watched of this.#watched.values()) this.#judge(watched, nowUs + 1_000_000)
    this.#watched.expire(Number.POSITIVE_INFINITY, (watched) => this.#finish(watched))
  }

  #syn(packet: Packet): void {
    const key = destinationHash(packet)
    const nowUs = packet.timestampUs
    let watched = this.#watched.get(key)
    // A clock that was set back, and captures glued together: what was sampled would never be due.
    if (watched !== undefined && watched.lastUs - nowUs > QUIET_US) {
      this.#finish(watched)
      this.#watched.delete(key)
      watched = undefined
    }
    if (watched === undefined) {
      if (this.#rates.count(key, nowUs) < WATCH_FROM) return
      const victim = new FloodVictim(destinationAddress(packet), nowUs)
      watched = { victim, story: null, lastUs: nowUs }
      this.#watched.set(key, watched)
    }
    watched.victim.syn(packet)
    watched.lastUs = watched.victim.lastUs
    const { story, victim } = watched
    if (story === null && isMilestone(victim.syns)) this.#judgeEarly(watched)
    if (story === null) return
    if (story.story.flows.size < MAX_FLOWS) this.#naming = story
    else this.#toldUs = nowUs
  }

  #other(packet: Packet, flags: number): void {
    if (flags === TcpFlag.ACK) {
      this.#watched.get(destinationHash(packet))?.victim.acknowledgement(packet)
    } else if ((flags & TcpFlag.RST) !== 0) {
      this.#watched.get(sourceHash(packet))?.victim.refusal(packet.timestampUs)
    }
  }

  #judge(watched: Watched, nowUs: number): void {
    const verdict = watched.victim.judge(this.#config, this.#sides.areOneSided, nowUs)
    if (verdict === 'none') this.#calm(watched, nowUs)
    else this.#goOn(watched, verdict, nowUs)
  }

  #judgeEarly(watched: Watched): void {
    const { victim, lastUs } = watched
    const verdict = victim.judge(this.#config, this.#sides.areOneSided, lastUs, TORRENT_PATIENCE_US)
    if (verdict !== 'none') this.#goOn(watched, verdict, lastUs)
  }

  #goOn(watched: Watched, verdict: 'flood' | 'refused', nowUs: number): void {
    const { victim } = watched
    if (watched.story === null) {
      victim.beginStory(nowUs)
      watched.story = new FloodStory(victim, verdict === 'refused')
    }
    watched.story.goesOn(victim, nowUs)
    const { story, syns } = watched.story
    if (!story.isDue(syns, nowUs)) return
    story.told(syns, nowUs)
    this.#emit(watched.story.tell(victim, false))
  }

  /** No flood (any more): after a while the story is over, and the totals begin anew. */
  #calm(watched: Watched, nowUs: number): void {
    if (watched.story !== null) {
      if (nowUs - watched.story.story.lastUs < QUIET_US) return
      this.#finish(watched)
      watched.story = null
    }
    watched.victim.restart(nowUs)
  }

  #finish(watched: Watched): void {
    const { story, victim } = watched
    if (story?.story.wasTold === true) this.#emit(story.tell(victim, true))
  }
}

/** Four times from one power of two to the next: the sooner a torrent is told, the less of it is everybody's. */
function isMilestone(syns: number): boolean {
  const quarter = 1 << (29 - Math.clz32(syns))
  return syns >= JUDGED_FROM && (syns & (quarter - 1)) === 0
}
