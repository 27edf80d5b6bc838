/**
 * The sources that scan one host at the same time, when they are many: decoys (nmap -D), spoofed addresses,
 * or a botnet.
 *
 * Nobody can tell which of them are real, and a flood of made-up scanners must not become a flood of events:
 * the first few are named, with little confidence; the rest are one event that names the victim alone.
 */
import type { Detection } from '../../../detection.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { Story } from '../../state/story.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import { probeName } from '../probe.ts'

/** Sources named one by one within a minute. */
const MAX_NAMED = 16
const NAMING_PERIOD_US = 60_000_000

/** Decoys are sent along with the real probes; scanners that begin within this are taken for company. */
const COMPANY_US = 10_000_000

export class ScanCrowd implements Row {
  readonly key: number
  lastUs: number
  readonly #victim: string
  readonly #sort: number
  #named: { readonly storyKey: number; readonly atUs: number }[] = []
  #story: Story | null = null
  #unnamed = 0

  constructor(key: number, victim: string, sort: number, nowUs: number) {
    this.key = key
    this.lastUs = nowUs
    this.#victim = victim
    this.#sort = sort
  }

  /** Says whether one more source may be named, and notes it. */
  names(storyKey: number, nowUs: number): boolean {
    this.lastUs = Math.max(this.lastUs, nowUs)
    this.#named = this.#named.filter(({ atUs }) => nowUs - atUs < NAMING_PERIOD_US)
    if (this.#named.length >= MAX_NAMED) return false
    this.#named.push({ storyKey, atUs: nowUs })
    return true
  }

  /** The stories of the sources that began together with one that begins now; itself alone is none. */
  company(nowUs: number): number[] {
    const together = this.#named.filter(({ atUs }) => nowUs - atUs < COMPANY_US)
    return together.length > 1 ? together.map(({ storyKey }) => storyKey) : []
  }

  /** Counts a source that is not named; true when that is worth telling. */
  adds(nowUs: number): boolean {
    this.lastUs = Math.max(this.lastUs, nowUs)
    if (this.#story === null) {
      this.#story = new Story(this.#named[0]?.atUs ?? nowUs, nowUs)
      this.#story.addVictim(this.#victim)
    }
    this.#story.lastUs = this.lastUs
    this.#unnamed += 1
    return this.isDue(nowUs)
  }

  isDue(nowUs: number): boolean {
    return this.#story?.isDue(this.#unnamed, nowUs) === true
  }

  /** Tells of the crowd; null when there is none. */
  tell(isFinal: boolean): Detection | null {
    const story = this.#story
    if (story === null) return null
    story.told(this.#unnamed, this.lastUs)
    const sources = this.#unnamed + MAX_NAMED
    const span = spanOf(story.lastUs - story.firstUs)
    return {
      id: story.id,
      detector: 'port-scan',
      kind: `scan.vertical.${probeName(this.#sort)}`,
      family: 'scan',
      severity: 6,
      confidence: confidenceOf(0.75, this.#unnamed, 100),
      attacker: null,
      victims: [this.#victim],
      host: null,
      domain: null,
      firstSeenUs: story.firstUs,
      lastSeenUs: story.lastUs,
      count: sources,
      summary: `${this.#victim} scanned by ${counted(sources, 'source')} in ${span}: decoys, spoofed addresses or a botnet, so nobody is named`,
      reasons: [{ feature: 'distinctSources', value: sources, baseline: MAX_NAMED, weight: 1 }],
      mitre: ['T1046', 'T1595.001'],
      flows: [],
      isFinal,
    }
  }
}
