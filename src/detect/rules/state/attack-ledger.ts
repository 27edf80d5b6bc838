/** Who does what to whom, one story for each such three: the telling that detectors of single acts share. */
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detection, Family, Reason } from '../../detection.ts'
import type { Emit, Memory } from '../../detector.ts'
import type { Row } from './tables/capped-table.ts'
import { FadingTable } from './tables/fading-table.ts'
import { mix, pairKey } from './pair-key.ts'
import { Story } from './story.ts'
import { confidenceOf, counted, spanOf } from './wording.ts'
import type { DetectorName, Kind } from '../../told-names.ts'

const MAX_STORIES = 4096
const MAX_REASONS = 8

/** One act as a detector saw it. */
export interface Act {
  readonly kind: Kind
  readonly severity: number
  /** Of a single such act; more of them raise it. */
  readonly confidence: number
  readonly attacker: string | null
  readonly victim: string
  readonly host?: string | null
  readonly domain?: string | null
  readonly mitre: readonly string[]
  readonly reasons: readonly Reason[]
  /** One story of the attacker, whomever it meets. */
  readonly isManyVictims?: boolean
  /** It holds the figures so far, so that it takes the place of the one before. */
  readonly isCumulative?: boolean
  /** The whole sentence up to how often: `192.0.2.7 tries SQL injection on 10.0.0.5: …`. */
  readonly summary: string
}

interface Entry extends Row {
  act: Act
  readonly story: Story
  count: number
  isNews: boolean
}

/** Who tells, and what its acts are called. */
export interface Teller {
  readonly detector: DetectorName
  /** `request`, `call`: what the count counts. */
  readonly noun: string
  readonly forgetAfterSeconds: number
}

/**
 * Folds acts into stories and tells them; a graver act of the same kind takes the sentence over.
 *
 * Memory: at most 4096 stories; the one idle longest is told as final and forgotten.
 */
export class AttackLedger implements Memory {
  readonly #teller: Teller
  readonly #emit: Emit
  readonly #entries: FadingTable<Entry>

  constructor(teller: Teller, emit: Emit) {
    this.#teller = teller
    this.#emit = emit
    this.#entries = new FadingTable(MAX_STORIES, teller.forgetAfterSeconds * 1e6, (entry) =>
      this.#tell(entry, true),
    )
  }

  get forgotten(): number {
    return this.#entries.forgotten
  }

  note(act: Act, flow: LiveFlow): void {
    const nowUs = flow.lastUs
    const victim = act.isManyVictims === true ? '' : act.victim
    const key = pairKey(textHash(`${act.attacker}>${victim}`), textHash(act.kind), 0)
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = { act, story: new Story(nowUs, nowUs), count: 0, isNews: false, lastUs: nowUs }
      this.#entries.set(key, entry)
    } else if (act.severity > entry.act.severity) {
      entry.act = { ...act, confidence: Math.max(act.confidence, entry.act.confidence) }
      entry.isNews = true
    } else if (act.isCumulative === true && act.severity === entry.act.severity) {
      entry.act = act
    }
    entry.count += 1
    entry.lastUs = Math.max(entry.lastUs, nowUs)
    entry.story.addVictim(act.victim)
    entry.story.addFlow(flow)
    if (entry.isNews || entry.story.isDue(entry.count, nowUs)) this.#tell(entry, false)
  }

  tick(nowUs: number): void {
    this.#entries.tick(nowUs)
  }

  end(): void {
    this.#entries.end()
  }

  #tell(entry: Entry, isFinal: boolean): void {
    entry.story.told(entry.count, entry.lastUs)
    entry.isNews = false
    this.#emit(this.#describe(entry, isFinal))
  }

  #describe({ act, story, count, lastUs }: Entry, isFinal: boolean): Detection {
    const { detector, noun } = this.#teller
    const often = `${counted(count, noun)} in ${spanOf(lastUs - story.firstUs)}`
    return {
      id: story.id,
      detector,
      kind: act.kind,
      family: act.kind.slice(0, act.kind.indexOf('.')) as Family,
      severity: act.severity,
      confidence: confidenceOf(act.confidence, count - 1, 8),
      attacker: act.attacker,
      victims: [...story.victims],
      host: act.host ?? null,
      domain: act.domain ?? null,
      firstSeenUs: story.firstUs,
      lastSeenUs: lastUs,
      count,
      summary: `${act.summary}; ${often}`,
      reasons: act.reasons.slice(0, MAX_REASONS),
      mitre: act.mitre,
      flows: [...story.flows],
      port: story.port,
      isFinal,
    }
  }
}

/** Keys texts by integers, seeded like every key. */
export function textHash(text: string): number {
  let hash = 17
  for (let at = 0; at < text.length; at += 1) hash = mix(hash, text.charCodeAt(at))
  return hash
}

/** Cuts what others wrote to what fits a sentence. */
export function quoted(text: string, most = 96): string {
  return text.length <= most ? `“${text}”` : `“${text.slice(0, most)}…”`
}
