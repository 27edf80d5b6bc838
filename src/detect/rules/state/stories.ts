/** The stories of one spoofing detector: a capped table of suspects that tells each when there is news. */
import type { Detection, Family } from '../../detection.ts'
import type { Emit, Memory } from '../../detector.ts'
import type { Row } from './tables/capped-table.ts'
import { FadingTable } from './tables/fading-table.ts'
import { MAX_VICTIMS, Story } from './story.ts'
import type { DetectorName } from '../../told-names.ts'

/** What a suspect is told of as; the rest of the detection is the table's. */
export type Telling = Pick<
  Detection,
  'kind' | 'severity' | 'confidence' | 'attacker' | 'summary' | 'reasons' | 'mitre'
> & { readonly victims: readonly string[] }

export interface Suspect extends Row {
  readonly firstUs: number
  /** Observations so far. */
  count: number
  /** Null until there is enough to tell of. */
  story: Story | null
}

export interface StoriesOptions<Kind extends Suspect> {
  readonly detector: DetectorName
  readonly family: Family
  readonly cap: number
  readonly forgetAfterUs: number
  readonly emit: Emit
  tell(suspect: Kind): Telling
}

/** A suspect's story ends after `forgetAfterUs` without a sign of life, or when the table needs its place. */
export class Stories<Kind extends Suspect> implements Memory {
  readonly #options: StoriesOptions<Kind>
  readonly #suspects: FadingTable<Kind>

  constructor(options: StoriesOptions<Kind>) {
    this.#options = options
    this.#suspects = new FadingTable(options.cap, options.forgetAfterUs, (suspect) =>
      this.#finish(suspect),
    )
  }

  get size(): number {
    return this.#suspects.size
  }

  get(key: number): Kind | undefined {
    return this.#suspects.get(key)
  }

  add(key: number, suspect: Kind): Kind {
    this.#suspects.set(key, suspect)
    return suspect
  }

  /** Opens the suspect's story where it has none, and tells it where it is due. */
  tell(suspect: Kind, nowUs: number): void {
    suspect.story ??= new Story(suspect.firstUs, nowUs)
    if (!suspect.story.isDue(suspect.count, nowUs)) return
    suspect.story.told(suspect.count, nowUs)
    this.#emit(suspect, suspect.story, false)
  }

  tick(nowUs: number): void {
    for (const suspect of this.#suspects.values()) {
      if (suspect.story !== null) this.tell(suspect, nowUs)
    }
    this.#suspects.tick(nowUs)
  }

  end(): void {
    this.#suspects.end()
  }

  get forgotten(): number {
    return this.#suspects.forgotten
  }

  #finish(suspect: Kind): void {
    if (suspect.story !== null) this.#emit(suspect, suspect.story, true)
  }

  #emit(suspect: Kind, story: Story, isFinal: boolean): void {
    const { detector, family, emit, tell } = this.#options
    const telling = tell(suspect)
    emit({
      id: story.id,
      detector,
      family,
      ...telling,
      victims: telling.victims.slice(0, MAX_VICTIMS),
      host: null,
      domain: null,
      firstSeenUs: story.firstUs,
      lastSeenUs: suspect.lastUs,
      count: suspect.count,
      flows: [...story.flows],
      port: story.port,
      isFinal,
    })
  }
}
