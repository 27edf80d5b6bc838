/**
 * Detects vertical scans: one source trying many ports (or IP protocols) of one host in vain.
 *
 * Evidence is distinct ports that stay silent or refuse; ports that are put to use acquit. A pair of hosts
 * costs nothing until it has shown several distinct ports, and is kept while probes are no further apart
 * than `forgetAfterSeconds`, so that slow scans add up.
 * Source: Jung et al., "Fast Portscan Detection Using Sequential Hypothesis Testing" (2004), for failed
 * first contacts as the evidence; nmap's reference guide for the sorts of probe.
 */
import { IpProtocol } from '../../../../net/protocol.ts'
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import type { PortScanConfig } from '../config.ts'
import { CappedTable } from '../../state/tables/capped-table.ts'
import { FirstLooks } from '../../state/tables/first-looks.ts'
import { pairKey } from '../../state/pair-key.ts'
import { isAnsweredInVain, isHalfOpen, isRefused, wasPutToUse } from '../outcome.ts'
import { Probe, probedPort, probeOf, sortOf } from '../probe.ts'
import { ScanCrowd } from './scan-crowd.ts'
import { ScanStory } from './scan-story.ts'
import { ROUND_US, ScanTarget } from './scan-target.ts'

/** Room for every sort of probe beside the victim in the waiting room's second key. */
const SORTS = 16

/** The most hosts whose scanners are counted together. */
const MAX_CROWDS = 1024

/** Targets whose second round is waited for. */
const MAX_AWAITED = 1024

/** A scan of so many ports is one beyond doubt: its further probes are nobody else's affair. */
const ABSORBED_FROM = 64

/** A scan must gather within this many times the pause after which a suspect is forgotten. */
const SLOWEST_FACTOR = 4

interface Attempt {
  readonly port: number
  readonly probe: number
  readonly isEmpty: boolean
}

export class PortScan implements Detector {
  readonly name = 'port-scan'
  readonly seesAbsorbed = true
  readonly memories: readonly Memory[]
  readonly #config: PortScanConfig
  readonly #emit: Emit
  readonly #looks: FirstLooks
  readonly #targets: CappedTable<ScanTarget>
  readonly #stories: CappedTable<ScanStory>
  /** By victim and sort: who scans it at the same time. */
  readonly #crowds: CappedTable<ScanCrowd>
  /** Targets that are a scan unless a second round comes, by key. */
  readonly #awaited = new Map<number, ScanTarget>()
  readonly #forgetAfterUs: number
  /** The target whose probe was just absorbed, until it is shown as opened. */
  #absorbing: ScanTarget | null = null

  constructor(config: PortScanConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    this.#forgetAfterUs = config.forgetAfterSeconds * 1e6
    this.#looks = new FirstLooks(65536, this.#forgetAfterUs)
    this.#targets = new CappedTable(config.maxTargets, (target) => this.#depart(target))
    this.#stories = new CappedTable(config.maxTargets, (story) => this.#finish(story))
    this.#crowds = new CappedTable(MAX_CROWDS, (crowd) => this.#tellCrowd(crowd, true))
    this.memories = [this.#looks, this.#targets, this.#stories, this.#crowds]
  }

  /** What a scanner means to use it goes on with, and is then shown to all. */
  absorbs(flow: LiveFlow): boolean {
    if (this.#stories.size === 0 || flow.openingPayloadBytes > 0) return false
    const probe = portProbeOf(flow)
    const target = probe === Probe.NONE ? undefined : this.#target(flow, probe)
    if (target === undefined || target.storyKey === null) return false
    if (target.portsFailed < ABSORBED_FROM) return false
    this.#absorbing = target
    return true
  }

  flowOpened(flow: LiveFlow): void {
    // A flood's probes are the flood's.
    if (flow.isAbsorbed && this.#absorbing === null) return
    const target = this.#absorbing
    this.#absorbing = null
    const probe = portProbeOf(flow)
    if (target !== null) this.#tries(target, attemptOf(flow, probe), flow)
    else if (probe !== Probe.NONE) this.#attempt(flow, probe)
  }

  flowAnswered(flow: LiveFlow): void {
    const probe = portProbeOf(flow)
    if (probe === Probe.NONE) return
    const target = this.#target(flow, probe)
    const port = probedPort(flow)
    if (isRefused(flow)) target?.isRefused(port)
    else if (target !== undefined) target.isUsed(port)
    else this.#looks.withdraw(flow.originatorKey, waitingKey(flow, probe), port)
  }

  flowEnded(flow: LiveFlow): void {
    if (flow.isAbsorbed && this.#targets.size === 0) return
    const probe = portProbeOf(flow)
    if (probe === Probe.NONE) return
    if (flow.protocol === IpProtocol.TCP && isAnsweredInVain(flow)) {
      this.#endsInVain(flow, probe)
      return
    }
    if (isRefused(flow)) this.#target(flow, probe)?.isRefused(probedPort(flow))
    else if (wasPutToUse(flow)) this.#target(flow, probe)?.isUsed(probedPort(flow))
  }

  tick(nowUs: number): void {
    this.#targets.expire(nowUs - this.#forgetAfterUs, (target) => this.#depart(target))
    this.#stories.expire(nowUs - this.#forgetAfterUs, (story) => this.#finish(story))
    this.#crowds.expire(nowUs - this.#forgetAfterUs, (crowd) => this.#tellCrowd(crowd, true))
    this.#judgeAwaited(nowUs)
    for (const story of this.#stories.values()) this.#tellIfDue(story, nowUs)
    for (const crowd of this.#crowds.values()) {
      if (crowd.isDue(nowUs)) this.#tellCrowd(crowd, false)
    }
  }

  end(nowUs: number): void {
    this.#judgeAwaited(nowUs + ROUND_US)
    this.#stories.expire(Number.POSITIVE_INFINITY, (story) => this.#finish(story))
    this.#crowds.expire(Number.POSITIVE_INFINITY, (crowd) => this.#tellCrowd(crowd, true))
  }

  #attempt(flow: LiveFlow, probe: number): void {
    const known = this.#knownTarget(flow, probe)
    if (known !== undefined) {
      this.#tries(known, attemptOf(flow, probe), flow)
      return
    }
    const waiting = waitingKey(flow, probe)
    const place = this.#looks.note(flow.originatorKey, waiting, probedPort(flow), flow.lastUs)
    if (place >= 0) this.#promote(flow, probe, place)
  }

  #endsInVain(flow: LiveFlow, probe: number): void {
    const wasHalfOpen = isHalfOpen(flow)
    // With its reset the flow is longer than a bare SYN.
    this.#attempt(flow, wasHalfOpen ? Probe.SYN : probe)
    const target = this.#target(flow, probe)
    if (target === undefined) return
    if (wasHalfOpen) target.isLeftHalfOpen(flow.responderPort)
    else target.isLeftIdle(flow.responderPort)
    if (target.storyKey !== null) return
    this.#judge(target, flow)
    const isAwaited = target.storyKey === null && target.isHalfOpenScan && !target.isInCrowd
    if (isAwaited && this.#awaited.size < MAX_AWAITED) this.#awaited.set(target.parties.key, target)
  }

  /** Judges those whose second round is overdue, or will never come. */
  #judgeAwaited(nowUs: number): void {
    for (const [key, target] of this.#awaited) {
      if (target.storyKey === null && target.isHalfOpenScan) this.#judge(target, null, nowUs)
      if (target.storyKey === null && target.isHalfOpenScan && !target.isInCrowd) continue
      this.#awaited.delete(key)
    }
  }

  #promote(flow: LiveFlow, probe: number, place: number): void {
    const look = this.#looks.take(place)
    const victim = flow.responderAddress()
    if (victim.startsWith('ff')) return
    const key = pairKey(flow.originatorKey, flow.responderKey, sortOf(probe))
    const parties = {
      key,
      attackerKey: flow.originatorKey,
      victimKey: flow.responderKey,
      attacker: flow.originatorAddress(),
      victim,
      sort: sortOf(probe),
    }
    const row = new ScanTarget(parties, look.firstUs)
    row.lastUs = flow.lastUs
    this.#targets.set(key, row)
    const isEmpty = flow.openingPayloadBytes === 0
    for (const port of look.items) row.tries(port, probe, isEmpty)
    row.comesFrom(flow.originatorPort)
    this.#judge(row, flow)
  }

  #tries(target: ScanTarget, attempt: Attempt, flow: LiveFlow): void {
    target.lastUs = Math.max(target.lastUs, flow.lastUs)
    const isNew = target.tries(attempt.port, attempt.probe, attempt.isEmpty)
    if (isNew) target.comesFrom(flow.originatorPort)
    const story = target.storyKey === null ? undefined : this.#stories.get(target.storyKey)
    if (story === undefined) {
      this.#judge(target, flow)
    } else if (isNew) {
      story.goesOn(flow.lastUs)
      if (!story.story.isDue(story.ports, flow.lastUs)) return
      story.story.addFlow(flow)
      this.#tell(story, flow.lastUs)
    }
  }

  /** `flow` is the one at hand; null where only time has passed. */
  #judge(target: ScanTarget, flow: LiveFlow | null, nowUs = flow?.lastUs ?? target.lastUs): void {
    if (target.isInCrowd || !target.isScan(this.#config, nowUs)) return
    const key = pairKey(target.parties.attackerKey, target.parties.sort, 1)
    const story = this.#stories.get(key) ?? this.#begin(key, target)
    if (story === null) return
    story.join(target)
    if (!story.story.isDue(story.ports, nowUs)) return
    if (flow !== null) story.story.addFlow(flow)
    this.#tell(story, nowUs)
  }

  /** Begins a source's story; null where it drowns in a crowd. */
  #begin(key: number, target: ScanTarget): ScanStory | null {
    const { lastUs } = target
    const crowd = this.#crowd(target)
    if (!crowd.names(key, lastUs)) {
      target.isInCrowd = true
      if (crowd.adds(lastUs)) this.#tellCrowd(crowd, false)
      return null
    }
    const story = new ScanStory(key, target, target.minPorts(this.#config))
    this.#stories.set(key, story)
    for (const storyKey of crowd.company(lastUs)) {
      const companion = this.#stories.get(storyKey)
      if (companion !== undefined) companion.hasCompany = true
    }
    return story
  }

  #crowd({ parties, lastUs }: ScanTarget): ScanCrowd {
    const { victim, victimKey, sort } = parties
    const key = pairKey(victimKey, sort, 5)
    let crowd = this.#crowds.get(key)
    if (crowd === undefined) {
      crowd = new ScanCrowd(key, victim, sort, lastUs)
      this.#crowds.set(key, crowd)
    }
    return crowd
  }

  #tellCrowd(crowd: ScanCrowd, isFinal: boolean): void {
    const detection = crowd.tell(isFinal)
    if (detection !== null) this.#emit(detection)
  }

  #tell(story: ScanStory, nowUs: number): void {
    story.story.told(story.ports, nowUs)
    this.#emit(story.tell(false))
  }

  #tellIfDue(story: ScanStory, nowUs: number): void {
    if (story.story.isDue(story.ports, nowUs)) this.#tell(story, nowUs)
  }

  #finish(story: ScanStory): void {
    this.#emit(story.tell(true))
  }

  #depart(target: ScanTarget): void {
    this.#awaited.delete(target.parties.key)
    if (target.storyKey !== null) this.#stories.get(target.storyKey)?.depart(target)
  }

  /** Finds the target; one that has gathered for too long without becoming a scan begins anew. */
  #knownTarget(flow: LiveFlow, probe: number): ScanTarget | undefined {
    const known = this.#target(flow, probe)
    if (known === undefined || known.storyKey !== null) return known
    if (flow.lastUs - known.firstUs <= this.#forgetAfterUs * SLOWEST_FACTOR) return known
    const renewed = new ScanTarget(known.parties, flow.lastUs)
    this.#targets.set(known.parties.key, renewed)
    return renewed
  }

  #target(flow: LiveFlow, probe: number): ScanTarget | undefined {
    if (this.#targets.size === 0) return undefined
    return this.#targets.get(pairKey(flow.originatorKey, flow.responderKey, sortOf(probe)))
  }
}

function attemptOf(flow: LiveFlow, probe: number): Attempt {
  return { port: probedPort(flow), probe, isEmpty: flow.openingPayloadBytes === 0 }
}

/** Who asks what listens sends little; servers made to answer in somebody's name send much. */
const MOST_PROBE_BYTES = 512

/** As much of a protocol's own head as may go with the question whether it is spoken; mostly none does. */
const MOST_HEAD_BYTES = 64

/** Ping tries hosts, not ports. */
function portProbeOf(flow: LiveFlow): number {
  const probe = probeOf(flow)
  const { openingPayloadBytes } = flow
  if (probe === Probe.IP_PROTOCOL && openingPayloadBytes > MOST_HEAD_BYTES) return Probe.NONE
  if (probe === Probe.UDP && openingPayloadBytes > MOST_PROBE_BYTES) return Probe.NONE
  return probe === Probe.ICMP ? Probe.NONE : probe
}

/** The waiting room's second key: the victim and how it is scanned. */
function waitingKey(flow: LiveFlow, probe: number): number {
  return flow.responderKey * SORTS + sortOf(probe)
}
