/**
 * How fast datagrams go out: in bursts that a receiver's buffer has room for, and pauses in which it can read.
 *
 * Over loopback to an rsyslogd with Linux's default buffer of 208 KB (some 90 datagrams of 1 KB), 30,000 each time: 0
 * lost at 15,000 to 19,000 a second, 170 at 28,000. On a machine with three times as much to do as it has processors some
 * hundreds were lost at any rate from 2,000 on: whoever cannot read for 300 ms loses at all of them. But a short backlog
 * need not be sent so fast, and slowly it gets through what would else lose some dozens: at 2,500 a second 300 did not
 * always arrive on a busy machine.
 */
import { Type, type Static, type TObject } from '../../../core/schema/config-field.ts'

/** Where nothing else is said. */
export const DEFAULT_PACE = { datagramsPerSecond: 20_000, burst: 16 }

export const paceFields = {
  datagramsPerSecond: Type.Integer({
    default: DEFAULT_PACE.datagramsPerSecond,
    minimum: 1,
    maximum: 1_000_000,
    description:
      'How many datagrams a second go out at most; a backlog begins with a 32nd of it for a second, then goes on with a quarter for another.',
  }),
  burst: Type.Integer({
    default: DEFAULT_PACE.burst,
    minimum: 1,
    maximum: 10_000,
    description: 'How many go out one right behind the other.',
  }),
}

export type Pace = Static<TObject<typeof paceFields>>

/** How long after a rest the rate is but a part of what it may be. */
const SLOW_START = [
  { forMs: 1000, share: 1 / 32 },
  { forMs: 2000, share: 1 / 4 },
]
/** Who had nothing to send for so long begins slowly again: the wait for refusals behind a last batch is one. */
const REST_MS = 30

/** Says when the next burst may go: a backlog begins slowly, and only one that lasts is sent as fast as it may be. */
export class Pacer {
  readonly #gapMs: number
  readonly #monotonicMs: () => number
  #nextAtMs = -Infinity
  #beganAtMs = 0

  constructor({ datagramsPerSecond, burst }: Pace, monotonicMs: () => number) {
    this.#gapMs = (1000 * burst) / datagramsPerSecond
    this.#monotonicMs = monotonicMs
  }

  /** Resolves when a burst may go; a late one moves those behind it at most a gap closer. */
  async turn(): Promise<void> {
    const nowMs = this.#monotonicMs()
    if (nowMs - this.#nextAtMs > REST_MS) this.#beganAtMs = nowMs
    const sinceMs = nowMs - this.#beganAtMs
    const share = SLOW_START.find(({ forMs }) => sinceMs < forMs)?.share ?? 1
    const gapMs = this.#gapMs / share
    const waitMs = this.#nextAtMs - nowMs
    this.#nextAtMs = Math.max(this.#nextAtMs, nowMs - gapMs) + gapMs
    // Timers have whole milliseconds, and are late rather than early.
    if (waitMs >= 0.5) await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}
