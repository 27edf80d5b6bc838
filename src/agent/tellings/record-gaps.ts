/** Tells of what the record could not write: flows, and on a disk that is nearly full evidence and mild events. */
import type { Config } from '../../config/index.ts'
import type { Clock } from '../../core/clock.ts'
import type { DetectionIntake } from './detection-intake.ts'
import { BlindSpells, SHED_RECORD, UNWRITTEN, WHOLE_HOST } from '../../health/index.ts'
import type { EventRecord } from '../../record/record.ts'

export interface RecordGapsOptions {
  readonly config: Pick<Config, 'policy'>
  readonly clock: Clock
  readonly record: Pick<EventRecord, 'flows' | 'shed'>
  readonly intake: Pick<DetectionIntake, 'receive'>
}

/** A counter of the record, and the spells in which it rises. */
interface Gap {
  readonly spells: BlindSpells
  readonly count: () => number
  counted: number
}

export class RecordGaps {
  readonly #options: RecordGapsOptions
  readonly #gaps: readonly Gap[]

  constructor(options: RecordGapsOptions) {
    const { record, config } = options
    const foldMs = config.policy.foldSeconds * 1000
    const gapOf = (cause: typeof UNWRITTEN, count: () => number): Gap => ({
      ...{ spells: new BlindSpells(cause, WHOLE_HOST, foldMs), count, counted: count() },
    })
    this.#options = options
    this.#gaps = [
      gapOf(UNWRITTEN, () => record.flows.dropped()),
      gapOf(SHED_RECORD, () => record.shed().events + record.shed().evidence),
    ]
  }

  /** To be called every second or so. */
  look(): void {
    const { clock, intake } = this.#options
    for (const gap of this.#gaps) {
      const count = gap.count()
      intake.receive(gap.spells.miss(count - gap.counted, clock.nowMs()), WHOLE_HOST)
      gap.counted = count
    }
  }

  /** Tells the last of it. */
  end(): void {
    this.look()
    for (const { spells } of this.#gaps) this.#options.intake.receive(spells.end(), WHOLE_HOST)
  }
}
