/**
 * Detects horizontal sweeps: one source trying one port, ping, or another IP protocol on many hosts in vain.
 *
 * A dense range (a dozen addresses of one /24) is enough with half of them silent; scattered addresses take
 * more and nearly all in vain, since peer-to-peer programs knock at many dead peers. Who goes on to say something
 * over TCP was let in, also where the answers are not captured; who goes to what a resolver just named, or answers
 * where it was asked from, looks for nothing.
 */
import { PacketKind, type Packet } from '../../../decode/packet.ts'
import { IpProtocol, TcpFlag } from '../../../net/protocol.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../detector.ts'
import type { SweepConfig } from './config.ts'
import { isRefused, wasPutToUse } from '../scan/outcome.ts'
import { isTraceroute, Probe, probeOf } from '../scan/probe.ts'
import { CappedTable } from '../state/tables/capped-table.ts'
import { FirstLooks } from '../state/tables/first-looks.ts'
import { pairKey } from '../state/pair-key.ts'
import { destinationKey, sourceKey } from '../state/packet-address.ts'
import { MAX_VICTIMS } from '../state/story.ts'
import { Askers } from './askers.ts'
import { EarlyAnswers } from './early-answers.ts'
import { FIRST_HIGH_PORT, HighPortOpenings } from './high-port-openings.ts'
import { NamedHosts } from './named-hosts.ts'
import { SweepGroup } from './sweep-group.ts'
import { SweepStory } from './sweep-story.ts'

const HEARS = ['tls-client-hello', 'http-request', 'dns'] as const

export class Sweep implements Detector {
  readonly name = 'sweep'
  readonly hears = HEARS
  readonly watches = ['tcp-payload'] as const
  readonly memories: readonly Memory[]
  readonly #config: SweepConfig
  readonly #emit: Emit
  readonly #looks: FirstLooks
  readonly #groups: CappedTable<SweepGroup>
  readonly #stories: CappedTable<SweepStory>
  readonly #named = new NamedHosts()
  readonly #askers = new Askers()
  readonly #earlyAnswers: EarlyAnswers
  readonly #highPorts = new HighPortOpenings()
  readonly #forgetAfterUs: number

  constructor(config: SweepConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    this.#forgetAfterUs = config.forgetAfterSeconds * 1e6
    this.#looks = new FirstLooks(32768, this.#forgetAfterUs)
    this.#earlyAnswers = new EarlyAnswers(this.#forgetAfterUs)
    this.#groups = new CappedTable(config.maxGroups, (group) => this.#depart(group))
    this.#stories = new CappedTable(config.maxGroups, (story) => this.#emit(story.tell(true)))
    this.memories = [
      ...[this.#looks, this.#groups, this.#stories],
      ...[this.#askers, this.#earlyAnswers],
    ]
  }

  /** Nobody but a conversation's partner acknowledges and speaks, though what it was told was not captured. */
  packet(packet: Packet): void {
    if (this.#groups.size === 0 || packet.kind !== PacketKind.IP) return
    if ((packet.tcpFlags & TcpFlag.ACK) === 0 || packet.isLaterFragment) return
    const service = IpProtocol.TCP * 65_536 + packet.destinationPort
    const group = this.#groups.get(pairKey(sourceKey(packet), service, 3))
    group?.isAnswered(destinationKey(packet))
  }

  flowOpened(flow: LiveFlow): void {
    const probe = probeOf(flow)
    if (isTraceroute(flow)) return
    if (probe !== Probe.ICMP && (probe !== Probe.NONE || isAmongPeers(flow))) {
      this.#highPorts.note(flow.originatorKey, flow.responderPort, flow.lastUs)
    }
    if (probe === Probe.NONE) return
    if (this.#askers.isAnswer(flow) || this.#named.isNamed(flow)) return
    const group = this.#group(flow)
    if (group !== undefined) {
      this.#tries(group, flow)
      return
    }
    const place = this.#looks.note(
      flow.originatorKey,
      serviceOf(flow),
      flow.responderKey,
      flow.lastUs,
    )
    if (place >= 0) this.#promote(flow, place)
  }

  flowAnswered(flow: LiveFlow): void {
    if (!isRefused(flow)) this.#acquit(flow)
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (fact.kind === 'dns') this.#named.note(flow, fact)
    else if (this.#groups.size > 0 && wasPutToUse(flow)) this.#acquit(flow)
  }

  flowEnded(flow: LiveFlow): void {
    // A ping is answered or it is not, however often it is sent.
    if (!isPing(flow) && wasPutToUse(flow)) this.#acquit(flow)
  }

  tick(nowUs: number): void {
    for (const group of this.#groups.values()) if (group.isDirty) this.#judge(group, nowUs)
    for (const story of this.#stories.values()) this.#tellIfDue(story, nowUs)
    this.#groups.expire(nowUs - this.#forgetAfterUs, (group) => this.#depart(group))
    this.#stories.expire(nowUs - this.#forgetAfterUs, (story) => this.#emit(story.tell(true)))
  }

  end(): void {
    // Whatever was not answered by now never will be: no more grace.
    for (const group of this.#groups.values()) this.#judge(group, Number.POSITIVE_INFINITY)
    this.#stories.expire(Number.POSITIVE_INFINITY, (story) => this.#emit(story.tell(true)))
  }

  #promote(flow: LiveFlow, place: number): void {
    const look = this.#looks.take(place)
    if (flow.responderAddress().startsWith('ff')) return
    const key = this.#groupKey(flow)
    const port = isPing(flow) ? 0 : flow.responderPort
    const { originatorKey: attackerKey, protocol } = flow
    const parties = { key, attacker: flow.originatorAddress(), attackerKey, protocol, port }
    const group = new SweepGroup(parties, look.firstUs)
    group.lastUs = flow.lastUs
    for (const host of look.items) {
      group.tries(host, flow.lastUs)
      if (this.#earlyAnswers.has(attackerKey, host)) group.isAnswered(host)
    }
    this.#groups.set(key, group)
  }

  #tries(group: SweepGroup, flow: LiveFlow): void {
    group.lastUs = Math.max(group.lastUs, flow.lastUs)
    const isNew = group.tries(flow.responderKey, flow.lastUs)
    if (!isNew || group.storyKey === null) return
    const story = this.#stories.get(group.storyKey)
    if (story === undefined) return
    story.goesOn(flow.lastUs)
    if (story.story.victims.size < MAX_VICTIMS) {
      story.story.addVictim(flow.responderAddress())
      story.story.addFlow(flow)
    }
  }

  #judge(group: SweepGroup, nowUs: number): void {
    const isPending = Number.isFinite(nowUs) && nowUs - group.lastUs < 1_000_000
    group.isDirty = isPending
    if (group.storyKey !== null && this.#stories.get(group.storyKey) !== undefined) return
    const highPortOpenings = this.#highPorts.count(group.parties.attackerKey, group.lastUs)
    if (!group.isSweep(this.#config, nowUs, highPortOpenings)) return
    const key = pairKey(group.parties.attackerKey, group.parties.protocol, 2)
    let story = this.#stories.get(key)
    if (story === undefined) {
      story = new SweepStory(key, group)
      this.#stories.set(key, story)
    }
    story.join(group)
    this.#tellIfDue(story, group.lastUs)
  }

  #tellIfDue(story: SweepStory, nowUs: number): void {
    const tries = story.tries
    if (!story.story.isDue(tries, nowUs)) return
    story.story.told(tries, nowUs)
    this.#emit(story.tell(false))
  }

  #acquit(flow: LiveFlow): void {
    const group = this.#group(flow)
    if (group !== undefined) group.isAnswered(flow.responderKey)
    else if (isPing(flow)) this.#earlyAnswers.note(flow)
    else this.#looks.withdraw(flow.originatorKey, serviceOf(flow), flow.responderKey)
  }

  #depart(group: SweepGroup): void {
    if (group.storyKey !== null) this.#stories.get(group.storyKey)?.depart(group)
  }

  #group(flow: LiveFlow): SweepGroup | undefined {
    return this.#groups.size === 0 ? undefined : this.#groups.get(this.#groupKey(flow))
  }

  #groupKey(flow: LiveFlow): number {
    return pairKey(flow.originatorKey, serviceOf(flow), 3)
  }
}

/** From a high port to a higher one, which a service's answer whose question was not seen would do too. */
function isAmongPeers({ protocol, originatorPort }: LiveFlow): boolean {
  return protocol === IpProtocol.UDP && originatorPort >= FIRST_HIGH_PORT
}

function isPing(flow: LiveFlow): boolean {
  return flow.protocol === IpProtocol.ICMP || flow.protocol === IpProtocol.ICMPV6
}

/** Protocol and port in one number; every sort of ping is one service. */
function serviceOf(flow: LiveFlow): number {
  return isPing(flow) ? flow.protocol * 65536 : flow.protocol * 65536 + flow.responderPort
}
