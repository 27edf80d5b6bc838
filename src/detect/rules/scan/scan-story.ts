/** The story of one source's scan, over all the hosts it scans in the same way, and how it is told. */
import type { Detection, Reason } from '../../detection.ts'
import { Story } from '../state/story.ts'
import { confidenceOf, counted, grouped, listed, spanOf } from '../state/wording.ts'
import { Probe, PROBES, Target } from './probe.ts'
import type { ScanTarget } from './scan-target.ts'

/** Ports from which a scan is a broad one, and severity 6 rather than 5. */
const BROAD_SCAN_PORTS = 100

interface Totals {
  ports: number
  failed: number
  refused: number
  hosts: number
  hasFingerprint: boolean
  readonly bySort: number[]
}

export class ScanStory {
  readonly key: number
  readonly attacker: string
  readonly target: number
  readonly minPorts: number
  readonly story: Story
  readonly #targets = new Set<ScanTarget>()
  /** What hosts that were since forgotten had added. */
  readonly #departed: Totals = emptyTotals()
  #ports = 0

  constructor(key: number, target: ScanTarget, minPorts: number) {
    this.key = key
    this.attacker = target.parties.attacker
    this.target = target.parties.target
    this.minPorts = minPorts
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
    const totals = this.#totals()
    const sort = mainSort(totals)
    const isStealthy = sort !== 'syn' && sort !== 'connect' && sort !== 'udp'
    return {
      id: this.story.id,
      detector: 'port-scan',
      kind: `scan.vertical.${sort}`,
      family: 'scan',
      severity: totals.ports >= BROAD_SCAN_PORTS || isStealthy ? 6 : 5,
      confidence: confidenceOf(isStealthy ? 0.85 : 0.75, totals.failed - this.minPorts, 20),
      attacker: this.attacker,
      victims: [...this.story.victims],
      host: null,
      domain: null,
      firstSeenUs: this.story.firstUs,
      lastSeenUs: this.story.lastUs,
      count: this.#ports,
      summary: this.#summary(totals, sort),
      reasons: this.#reasons(totals),
      mitre: ['T1046', 'T1595.001'],
      flows: [...this.story.flows],
      isFinal,
    }
  }

  #summary(totals: Totals, sort: string): string {
    const span = spanOf(this.story.lastUs - this.story.firstUs)
    const victims = [...this.story.victims]
    const hosts =
      totals.hosts === 1 ? victims[0] : `${totals.hosts} hosts (${listed(victims, totals.hosts)})`
    if (sort === 'fingerprint') {
      return `the system of ${hosts} fingerprinted in ${span} with TCP flags that no program sends`
    }
    const unit = this.target === Target.IP_PROTOCOL ? 'IP protocol' : 'port'
    const failed = `${grouped(totals.failed)} unanswered or refused`
    return `${counted(totals.ports, unit)} of ${hosts} tried in ${span}, ${failed}; ${this.minPorts} are enough for a scan`
  }

  #reasons(totals: Totals): Reason[] {
    const share = totals.ports === 0 ? 0 : totals.failed / totals.ports
    const what = this.target === Target.IP_PROTOCOL ? 'distinctProtocols' : 'distinctPorts'
    return [
      { feature: what, value: totals.ports, baseline: this.minPorts, weight: 0.6 },
      {
        feature: 'failedShare',
        value: Math.round(share * 1000) / 1000,
        baseline: 0.5,
        weight: 0.3,
      },
      { feature: 'refused', value: totals.refused, baseline: null, weight: 0.1 },
    ]
  }

  #totals(): Totals {
    const totals: Totals = { ...this.#departed, bySort: [...this.#departed.bySort] }
    for (const target of this.#targets) addTo(totals, target)
    return totals
  }
}

function emptyTotals(): Totals {
  const bySort = new Array<number>(PROBES.length).fill(0)
  return { ports: 0, failed: 0, refused: 0, hosts: 0, hasFingerprint: false, bySort }
}

function addTo(totals: Totals, target: ScanTarget): void {
  totals.ports += target.portsTried
  totals.failed += target.portsFailed
  totals.refused += target.portsRefused
  totals.hosts += 1
  totals.hasFingerprint ||= target.isFingerprint()
  for (const probe of PROBES.keys()) totals.bySort[probe]! += target.triesBySort(probe)
}

/** The most frequent sort of probe names the scan; OS detection on few ports is its own. */
function mainSort(totals: Totals): string {
  const isFew = totals.ports < 12 * totals.hosts
  if (totals.hasFingerprint && isFew) return 'fingerprint'
  let best: number = Probe.SYN
  for (const probe of PROBES.keys()) {
    if (totals.bySort[probe]! > totals.bySort[best]!) best = probe
  }
  return PROBES[best]!
}
