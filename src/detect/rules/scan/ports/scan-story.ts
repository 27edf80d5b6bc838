/** The story of one source's scan, over all the hosts it scans in the same way, and how it is told. */
import type { Detection, Reason } from '../../../detection.ts'
import { Story } from '../../state/story.ts'
import { confidenceOf, counted, grouped, listed, spanOf } from '../../state/wording.ts'
import { Probe, probeName, type ProbeName } from '../probe.ts'
import type { ScanTarget } from './scan-target.ts'

/** Ports from which a scan is a broad one, and severity 6 rather than 5. */
const BROAD_SCAN_PORTS = 100

/** Sorts of probe that programs send as well: a narrow scan with them is less sure and less grave. */
const ORDINARY: readonly ProbeName[] = ['syn', 'connect', 'udp']

/** Decoys are meant to have somebody else blocked. */
const MAX_CONFIDENCE_IN_COMPANY = 0.6

interface Totals {
  ports: number
  failed: number
  refused: number
  halfOpen: number
  connects: number
  hosts: number
}

export class ScanStory {
  readonly key: number
  readonly story: Story
  /** Others began to scan the same host at the same time: any of them may be a decoy. */
  hasCompany = false
  readonly #attacker: string
  readonly #sort: number
  readonly #minPorts: number
  readonly #targets = new Set<ScanTarget>()
  /** What hosts that were since forgotten had added. */
  readonly #departed: Totals = {
    ports: 0,
    failed: 0,
    refused: 0,
    halfOpen: 0,
    connects: 0,
    hosts: 0,
  }
  #ports = 0

  constructor(key: number, target: ScanTarget, minPorts: number) {
    this.key = key
    this.#attacker = target.parties.attacker
    this.#sort = target.parties.sort
    this.#minPorts = minPorts
    this.story = new Story(target.firstUs, target.lastUs)
  }

  get lastUs(): number {
    return this.story.lastUs
  }

  /** Ports tried so far, over all hosts. */
  get ports(): number {
    return this.#ports
  }

  join(target: ScanTarget): void {
    target.storyKey = this.key
    this.#targets.add(target)
    this.#ports += target.portsTried
    this.story.addVictim(target.parties.victim)
    this.story.lastUs = Math.max(this.story.lastUs, target.lastUs)
  }

  /** A host of the story was tried on one more port. */
  goesOn(nowUs: number): void {
    this.#ports += 1
    this.story.lastUs = Math.max(this.story.lastUs, nowUs)
  }

  /** The host's row is being forgotten: only its numbers stay. */
  depart(target: ScanTarget): void {
    if (this.#targets.delete(target)) addTo(this.#departed, target)
  }

  /** Tells the story as it stands. */
  tell(isFinal: boolean): Detection {
    const totals = { ...this.#departed }
    for (const target of this.#targets) addTo(totals, target)
    const sort = this.#sortName(totals)
    const isOrdinary = ORDINARY.includes(sort)
    const floor = isOrdinary ? 0.75 : 0.85
    const confidence = confidenceOf(floor, totals.failed - this.#minPorts, 20)
    return {
      id: this.story.id,
      detector: 'port-scan',
      kind: `scan.vertical.${sort}`,
      family: 'scan',
      severity: totals.ports >= BROAD_SCAN_PORTS || !isOrdinary ? 6 : 5,
      confidence: this.hasCompany ? Math.min(confidence, MAX_CONFIDENCE_IN_COMPANY) : confidence,
      attacker: this.#attacker,
      victims: [...this.story.victims],
      host: null,
      domain: null,
      firstSeenUs: this.story.firstUs,
      lastSeenUs: this.story.lastUs,
      count: this.#ports,
      summary: this.#summary(totals),
      reasons: this.#reasons(totals),
      mitre: ['T1046', 'T1595.001'],
      flows: [...this.story.flows],
      port: this.story.port,
      isFinal,
    }
  }

  #sortName(totals: Totals): ProbeName {
    const isConnect = this.#sort === Probe.SYN && totals.connects * 2 > totals.ports
    return isConnect ? 'connect' : probeName(this.#sort)
  }

  #summary(totals: Totals): string {
    const victims = [...this.story.victims]
    const all = `${grouped(totals.hosts)} hosts (${listed(victims, totals.hosts)})`
    const hosts = totals.hosts === 1 ? victims[0] : all
    const what = counted(totals.ports, this.#sort === Probe.IP_PROTOCOL ? 'IP protocol' : 'port')
    const span = spanOf(this.story.lastUs - this.story.firstUs)
    const left = totals.halfOpen > 0 ? ` and ${grouped(totals.halfOpen)} left half open` : ''
    const failed = `${grouped(totals.failed)} unanswered or refused${left}`
    const company = this.hasCompany ? '; others scan at the same time, some may be decoys' : ''
    return `${what} of ${hosts} tried in ${span}, ${failed}; ${this.#minPorts} are enough for a scan${company}`
  }

  #reasons(totals: Totals): Reason[] {
    const failedShare = totals.ports === 0 ? 0 : totals.failed / totals.ports
    const what = this.#sort === Probe.IP_PROTOCOL ? 'distinctProtocols' : 'distinctPorts'
    return [
      { feature: what, value: totals.ports, baseline: this.#minPorts, weight: 0.6 },
      { feature: 'failedShare', value: round(failedShare), baseline: 0.5, weight: 0.3 },
      { feature: 'refused', value: totals.refused, baseline: null, weight: 0.1 },
    ]
  }
}

function addTo(totals: Totals, target: ScanTarget): void {
  totals.ports += target.portsTried
  totals.failed += target.portsFailed
  totals.refused += target.portsRefused
  totals.halfOpen += target.portsHalfOpen
  totals.connects += target.connects
  totals.hosts += 1
}

function round(share: number): number {
  return Math.round(share * 1000) / 1000
}
