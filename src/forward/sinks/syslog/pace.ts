/**
 * How fast datagrams go out: in bursts that a receiver's buffer has room for, and pauses in which it can read.
 *
 * Over loopback to an rsyslogd with Linux's default buffer of 208 KB (some 90 datagrams of 1 KB), 30,000 each time: 0
 * lost at 15,000 to 19,000 a second, 170 at 28,000. Slower is not surer where the machine is busy: whoever does not get
 * to read for 300 ms loses some hundreds at 2,000 a second, too.
 */
import { Type, type Static, type TObject } from '../../../core/config-field.ts'

/** Where nothing else is said. */
export const DEFAULT_PACE = { datagramsPerSecond: 18_000, burst: 16 }

export const paceFields = {
  datagramsPerSecond: Type.Integer({
    default: DEFAULT_PACE.datagramsPerSecond,
    minimum: 1,
    maximum: 1_000_000,
    description: 'How many datagrams a second go out at most.',
  }),
  burst: Type.Integer({
    default: DEFAULT_PACE.burst,
    minimum: 1,
    maximum: 10_000,
    description: 'How many go out one right behind the other.',
  }),
}

export type Pace = Static<TObject<typeof paceFields>>

/** Says when the next burst may go. */
export class Pacer {
  readonly #gapMs: number
  readonly #monotonicMs: () => number
  #nextAtMs = 0

  constructor({ datagramsPerSecond, burst }: Pace, monotonicMs: () => number) {
    this.#gapMs = (1000 * burst) / datagramsPerSecond
    this.#monotonicMs = monotonicMs
  }

  /** Resolves when a burst may go; a late one moves those behind it at most a gap closer. */
  async turn(): Promise<void> {
    const nowMs = this.#monotonicMs()
    const waitMs = this.#nextAtMs - nowMs
    this.#nextAtMs = Math.max(this.#nextAtMs, nowMs - this.#gapMs) + this.#gapMs
    // Timers have whole milliseconds, and are late rather than early.
    if (waitMs >= 0.5) await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}
