/**
 * Detects SYN floods: many SYNs to one host of which hardly any become a connection.
 *
 * Watches packets, not flows: a flood may repeat one five-tuple or never repeat any. A busy server is told
 * from a flooded one by a sample of the SYNs: who then sends an ACK has completed the handshake.
 * Source: RFC 4987 (TCP SYN flooding attacks).
 */
import { PacketKind, type Packet } from '../../../decode/packet.ts'
import { IpProtocol, TcpFlag } from '../../../net/protocol.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Emit } from '../../detector.ts'
import type { SynFloodConfig } from '../config.ts'
import { CappedTable } from '../state/capped-table.ts'
import { destinationAddress, destinationHash, sourceHash } from '../state/packet-address.ts'
import { MAX_FLOWS } from '../state/story.ts'
import { FloodStory } from './flood-story.ts'
import { FloodVictim } from './flood-victim.ts'
import { SynRates } from './syn-rates.ts'

/** SYNs within two seconds from which a host is watched. */
const WATCH_FROM = 20

/** A host that gets no SYN for this long is no longer watched, and its story is over. */
const QUIET_US = 30_000_000

const HANDSHAKE_FLAGS = TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST

export class SynFlood implements Detector {
  readonly name = 'syn-flood'
  readonly #config: SynFloodConfig
  readonly #emit: Emit
  readonly #rates = new SynRates()
  readonly #victims: CappedTable<FloodVictim>
  /** The victim of the packet at hand, where it carried a SYN that opened a flow worth naming. */
  #naming: FloodVictim | null = null

  constructor(config: SynFloodConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    this.#victims = new CappedTable(config.maxVictims, (victim) => this.#finish(victim))
  }

  packet(packet: Packet): void {
    if (packet.protocol !== IpProtocol.TCP || packet.kind !== PacketKind.IP) return
    if (packet.isLaterFragment) return
    this.#naming = null
    const flags = packet.tcpFlags & HANDSHAKE_FLAGS
    if (flags === TcpFlag.SYN) this.#syn(packet)
    else if (this.#victims.size > 0) this.#other(packet, flags)
  }

  flowOpened(flow: LiveFlow): void {
    if (this.#naming?.story) this.#naming.story.story.addFlow(flow)
  }

  tick(nowUs: number): void {
    for (const victim of this.#victims.values()) this.#judge(victim, nowUs)
    this.#victims.expire(nowUs - QUIET_US, (victim) => this.#finish(victim))
  }

  end(nowUs: number): void {
    // Samples still open a second after the end of the capture are not completed either.
    for (const victim of this.#victims.values()) this.#judge(victim, nowUs + 1_000_000)
    this.#victims.expire(Number.POSITIVE_INFINITY, (victim) => this.#finish(victim))
  }

  forgotten(): number {
    return this.#victims.forgotten
  }

  #syn(packet: Packet): void {
    const key = destinationHash(packet)
    let victim = this.#victims.get(key)
    if (victim === undefined) {
      if (this.#rates.count(key, packet.timestampUs) < WATCH_FROM) return
      victim = new FloodVictim(key, destinationAddress(packet), packet.timestampUs)
      this.#victims.set(key, victim)
    }
    victim.syn(packet)
    if (victim.story !== null && victim.story.story.flows.size < MAX_FLOWS) this.#naming = victim
  }

  #other(packet: Packet, flags: number): void {
    if (flags === TcpFlag.ACK) {
      this.#victims.get(destinationHash(packet))?.acknowledgement(packet)
    } else if ((flags & TcpFlag.RST) !== 0) {
      this.#victims.get(sourceHash(packet))?.refusal(packet.timestampUs)
    }
  }

  #judge(victim: FloodVictim, nowUs: number): void {
    const verdict = victim.judge(this.#config, nowUs)
    if (verdict === 'none') {
      this.#calm(victim, nowUs)
      return
    }
    if (victim.story === null) {
      victim.beginStory(nowUs)
      victim.story = new FloodStory(victim, verdict === 'refused')
    }
    victim.story.goesOn(victim, nowUs)
    const { story, syns } = victim.story
    if (!story.isDue(syns, nowUs)) return
    story.told(syns, nowUs)
    this.#emit(victim.story.tell(victim, false))
  }

  /** No flood (any more): after a while the story is over, and the totals begin anew. */
  #calm(victim: FloodVictim, nowUs: number): void {
    if (victim.story !== null) {
      if (nowUs - victim.story.story.lastUs < QUIET_US) return
      this.#finish(victim)
      victim.story = null
    }
    victim.restart(nowUs)
  }

  #finish(victim: FloodVictim): void {
    if (victim.story?.story.wasTold === true) this.#emit(victim.story.tell(victim, true))
  }
}
