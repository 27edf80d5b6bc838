/** Calls that come while a change is under way, done in one change when their turn comes. */
import type { OneAtATime } from './one-at-a-time.ts'

/** Of one change: those behind it wait no longer than for the next. */
const MOST_CALLS = 256

interface Batch<Call, Answer> {
  readonly calls: Call[]
  readonly answers: Promise<readonly Answer[]>
  /** How many changes had been asked for by then. */
  readonly asked: number
}

/**
 * A write to the disk and a change of the firewall cost the same for one order and for fifty, and orders come together
 * just when the host is under attack.
 *
 * Order: a call joins those that wait only as long as no other change was asked for behind them, so it overtakes nothing.
 */
export class Gathered<Call, Answer> {
  readonly #changes: OneAtATime
  readonly #work: (calls: readonly Call[]) => Promise<readonly Answer[]>
  /** Those that wait for their turn; null where none do. */
  #waiting: Batch<Call, Answer> | null = null

  /** `work` gives an answer for each call, in their order. */
  constructor(changes: OneAtATime, work: (calls: readonly Call[]) => Promise<readonly Answer[]>) {
    this.#changes = changes
    this.#work = work
  }

  /** Errors: those of the work, told to all whose calls it had. */
  async run(call: Call): Promise<Answer> {
    const batch = this.#open()
    const place = batch.calls.push(call) - 1
    return (await batch.answers)[place]!
  }

  #open(): Batch<Call, Answer> {
    const { asked, calls } = this.#waiting ?? { asked: -1, calls: [] }
    if (this.#waiting !== null && asked === this.#changes.asked && calls.length < MOST_CALLS) {
      return this.#waiting
    }
    const begun: Call[] = []
    const answers = this.#changes.run(() => {
      if (this.#waiting?.calls === begun) this.#waiting = null
      return this.#work(begun)
    })
    this.#waiting = { calls: begun, answers, asked: this.#changes.asked }
    return this.#waiting
  }
}
