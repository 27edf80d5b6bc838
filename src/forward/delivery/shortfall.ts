/** Tells of what a sink did not get: what went beyond its rate, and what was deleted before it was sent. */
import type { Detection } from '../../detect/detection.ts'
import { grouped } from '../../core/text/amount.ts'
import { healthDetection } from '../../health/index.ts'

/** What comes in between is told with the next. */
const TELL_EVERY_MS = 60_000

/** Counters that only grow; `heldBack` since the start, `lost` and `replaced` since the sink is known. */
export interface ShortfallCounts {
  readonly heldBack: number
  readonly lost: number
  readonly replaced: number
  /** Up to here it is known. */
  readonly sequence: number
}

/** Of what something is missing, and where. */
export interface Missed {
  readonly sink: string
  readonly of: 'events' | 'flows'
}

/** Follows one sink's counters; what is due is told as any other event is. */
export class Shortfall {
  readonly #missed: Missed
  readonly #tell: (detection: Detection) => void
  #told: ShortfallCounts
  #heldBackAtMs = -Infinity
  #lostAtMs = -Infinity

  constructor(missed: Missed, start: ShortfallCounts, tell: (detection: Detection) => void) {
    this.#missed = missed
    this.#told = start
    this.#tell = tell
  }

  note(counts: ShortfallCounts, nowMs: number): void {
    const heldBack = counts.heldBack - this.#told.heldBack
    if (heldBack > 0 && nowMs - this.#heldBackAtMs >= TELL_EVERY_MS) {
      this.#tell(this.#heldBack(heldBack, counts, nowMs))
      this.#told = { ...this.#told, heldBack: counts.heldBack, sequence: counts.sequence }
      this.#heldBackAtMs = nowMs
    }
    const lost = counts.lost - this.#told.lost
    if (lost > 0 && nowMs - this.#lostAtMs >= TELL_EVERY_MS) {
      this.#tell(this.#lost(lost, counts, nowMs))
      this.#told = { ...this.#told, lost: counts.lost, replaced: counts.replaced }
      this.#lostAtMs = nowMs
    }
  }

  #heldBack(count: number, { sequence }: ShortfallCounts, nowMs: number): Detection {
    const [first, last] = [this.#told.sequence + 1, sequence]
    const numbers = `of the numbers ${grouped(first)} to ${grouped(last)}`
    return healthDetection({
      ...{ kind: 'health.held-back', severity: 3, count, fromMs: nowMs, untilMs: nowMs },
      summary: `${grouped(count)} event states ${numbers} were held back from sink ${this.#missed.sink}: more than its rateLimit`,
      measured: { heldBack: count, sink: this.#missed.sink, fromSequence: first, toSequence: last },
      isFinal: true,
    })
  }

  #lost(count: number, { replaced }: ShortfallCounts, nowMs: number): Detection {
    const more = replaced - this.#told.replaced
    const { sink, of } = this.#missed
    const what = of === 'flows' ? 'flows' : 'event states'
    const besides = more === 0 ? '' : ` (of ${grouped(more)} more it gets a later state)`
    return healthDetection({
      ...{ kind: 'health.outbox-lost', severity: 5, count, fromMs: nowMs, untilMs: nowMs },
      summary: `${grouped(count)} ${what} were deleted before sink ${sink} had them: it was away for longer than the log keeps them${besides}`,
      measured: { lost: count, replaced: more, sink, of },
      isFinal: true,
    })
  }
}
