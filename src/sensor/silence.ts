/** Tells a sensor that hangs from one that works: one that works reports every second. */

/** A process that loads models and rules on a busy host says its first word late. */
const FIRST_WORD_MS = 60_000
/** Looks in so long a silence before it is too long. */
const LOOKS = 12

export interface SensorSilenceOptions {
  /** How long a sensor may say nothing. */
  readonly maxSilenceMs: number
  /** Whether there is a process that could say something. */
  isExpected(): boolean
  /** Called once for each silence. */
  onTooLong(): void
}

/**
 * Counts looks, not time: where the agent itself was stopped (a debugger, a machine that slept), its clock has
 * gone on, but there has been no turn in which the sensor could have been heard.
 */
export class SensorSilence {
  readonly #options: SensorSilenceOptions
  readonly #timer: NodeJS.Timeout
  #looks = 0

  constructor(options: SensorSilenceOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#look(), options.maxSilenceMs / LOOKS)
    this.#timer.unref()
  }

  /** Of the present silence, as far as it was listened to; the time that a start may take is not silence. */
  get silentMs(): number {
    return (Math.max(0, this.#looks) * this.#options.maxSilenceMs) / LOOKS
  }

  /** A process was started. */
  begins(): void {
    this.#looks = -Math.ceil((FIRST_WORD_MS / this.#options.maxSilenceMs) * LOOKS)
  }

  /** The sensor has spoken. */
  broken(): void {
    this.#looks = 0
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    if (!this.#options.isExpected()) {
      this.#looks = 0
      return
    }
    this.#looks += 1
    if (this.#looks === LOOKS) this.#options.onTooLong()
  }
}
