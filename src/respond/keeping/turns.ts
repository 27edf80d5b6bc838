/** One change at a time, and a change of its own whenever a block expires. */
import type { Clock } from '../../core/clock.ts'

/** The longest delay a timer of Node can wait. */
const MAX_TIMER_MS = 0x7fffffff

export interface TurnsOptions {
  readonly clock: Clock
  /** When the next block expires, ms; null when none does. */
  nextExpiryMs(): number | null
  /** Ends what has expired. */
  expireDue(): Promise<unknown>
}

export class Turns {
  readonly #options: TurnsOptions
  #tail: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #isRunning = false

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /** Does something when all that was asked for before is done; gives what comes of it. */
  async take<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#tail.then(task)
    this.#tail = result.catch(() => undefined)
    try {
      return await result
    } finally {
      this.#armExpiry()
    }
  }

  /** From now on blocks end when they expire. */
  start(): void {
    this.#isRunning = true
  }

  /** Ends nothing more by itself, and resolves when what is under way is done. */
  async stop(): Promise<void> {
    this.#isRunning = false
    clearTimeout(this.#timer)
    await this.#tail
  }

  #armExpiry(): void {
    clearTimeout(this.#timer)
    const next = this.#isRunning ? this.#options.nextExpiryMs() : null
    if (next === null) return
    const delayMs = Math.min(MAX_TIMER_MS, Math.max(1, next - this.#options.clock.nowMs()))
    this.#timer = setTimeout(() => void this.take(() => this.#options.expireDue()), delayMs)
  }
}
