/** How a sink stands: what it took and refused, and what is wrong with it; log and metrics are told as it changes. */
import type { Log } from '../../core/log/log.ts'
import type { Metrics } from '../../core/log/metrics.ts'
import type { Rejection } from '../sink.ts'

const LOG_FAILURE_EVERY_MS = 60_000

export interface StandingOptions {
  readonly sink: string
  readonly of: 'events' | 'flows'
  readonly log: Log
  readonly metrics: Metrics
}

/** Why nothing goes on, and after what time the sink wants to be tried again; null where it does not say. */
export interface Failure {
  readonly reason: string
  readonly afterMs: number | null
}

export class Standing {
  readonly #options: StandingOptions
  readonly #counts = { sent: 0, rejected: 0 }
  #state: 'idle' | 'sending' | 'waiting' = 'idle'
  #lastFailure: Failure | null = null
  /** In a row. */
  #failures = 0
  #complainedAtMs = -Infinity
  /** The log has been told that it fails, and not that it no longer does. */
  #hasComplained = false

  constructor(options: StandingOptions) {
    this.#options = options
  }

  get state(): 'idle' | 'sending' | 'waiting' {
    return this.#state
  }

  get counts(): { readonly sent: number; readonly rejected: number } {
    return { ...this.#counts }
  }

  /** How often it failed since something last arrived. */
  get failures(): number {
    return this.#failures
  }

  /** What is wrong now; null while nothing is. */
  get lastFailure(): Failure | null {
    return this.#lastFailure
  }

  get #labels(): { readonly sink: string; readonly of: string } {
    return { sink: this.#options.sink, of: this.#options.of }
  }

  sending(): void {
    this.#state = 'sending'
  }

  /** Nothing is left to send, and nothing under way. */
  resting(): void {
    this.#failures = 0
    this.#well()
  }

  /**
   * It took so many event states or flows.
   *
   * `hasArrived`: some have arrived. A load balancer without a collector behind it takes, too, and hangs up: it is
   * knocked at less and less often.
   */
  took(states: number, hasArrived: boolean): void {
    const { metrics } = this.#options
    this.#counts.sent += states
    if (states > 0) {
      metrics.count('forward_sent_total', 'Event states and flows sent', states, this.#labels)
    }
    if (hasArrived) this.#failures = 0
    this.#well()
  }

  #well(): void {
    const { log, sink } = this.#options
    if (this.#hasComplained) log.info('a sink takes events again', { sink })
    this.#hasComplained = false
    this.#lastFailure = null
    this.#state = 'idle'
  }

  /** It can never take this one. */
  refused({ sequence, reason }: Rejection): void {
    const { log, metrics } = this.#options
    log.error('a sink can never take this', { ...this.#labels, sequence, reason })
    this.#counts.rejected += 1
    metrics.count('forward_rejected_total', 'Events and flows refused for good', 1, this.#labels)
  }

  failed(failure: Failure): void {
    const { log, metrics, sink } = this.#options
    this.#failures += 1
    this.#state = 'waiting'
    this.#lastFailure = failure
    metrics.count('forward_failures_total', 'Failed sends', 1, this.#labels)
    const nowMs = performance.now()
    if (nowMs - this.#complainedAtMs < LOG_FAILURE_EVERY_MS) return
    this.#complainedAtMs = nowMs
    this.#hasComplained = true
    log.warn('a sink takes no events; they wait in the log', { sink, reason: failure.reason })
  }
}
