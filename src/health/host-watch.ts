/** Looks at the host every few seconds, and tells of it as an event every hour or so. */
import type { Clock } from '../core/clock.ts'
import { PicketError } from '../core/errors.ts'
import type { Log } from '../core/log/log.ts'
import type { Metrics } from '../core/log/metrics.ts'
import { uuidv7 } from '../core/uuid.ts'
import type { Detection } from '../detect/detection.ts'
import type { HealthConfig } from './config.ts'
import { hostDetection } from './host-detection.ts'
import { gaugeHost } from './host-gauges.ts'
import { HostReader, type HostReading, type SensorProcess } from './host-reading.ts'

const READ_EVERY_MS = 5_000
/** The second reading comes soon, since shares, and so the first event, have to wait for it. */
const SECOND_READING_MS = 1_000

export interface HostWatchOptions {
  readonly config: HealthConfig
  /** The data folder. */
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  sensors(): readonly SensorProcess[]
  /** Takes the event that is due. */
  onDetection(detection: Detection): void
}

/** Watches the host from construction until `stop`. */
export class HostWatch {
  readonly #options: HostWatchOptions
  readonly #reader: HostReader
  readonly #telling: { readonly id: string; readonly fromMs: number }
  #last: HostReading | null = null
  #told = 0
  /** On a clock that nobody sets. */
  #nextTellMs = -Infinity
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  #isFailing = false

  constructor(options: HostWatchOptions) {
    this.#options = options
    this.#reader = new HostReader(options)
    const nowMs = options.clock.nowMs()
    this.#telling = { id: uuidv7(nowMs), fromMs: nowMs }
    void this.#look(SECOND_READING_MS)
  }

  /** The last reading; null as long as there is none. */
  get reading(): HostReading | null {
    return this.#last
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  /** One look at a time: a disk that hangs holds up the next one, and nothing else. */
  async #look(nextAfterMs: number): Promise<void> {
    try {
      const reading = await this.#reader.read()
      if (this.#isStopped) return
      gaugeHost(this.#options.metrics, reading, this.#last)
      this.#last = reading
      this.#isFailing = false
      if (reading.cpuShare !== null) this.#tell(reading)
    } catch (error) {
      if (!(error instanceof PicketError)) throw error
      this.#failed(error)
    }
    if (this.#isStopped) return
    this.#timer = setTimeout(() => void this.#look(READ_EVERY_MS), nextAfterMs)
  }

  #tell(reading: HostReading): void {
    const { config, clock, onDetection } = this.#options
    const elapsedMs = performance.now()
    if (config.hostEventSeconds === 0 || elapsedMs < this.#nextTellMs) return
    this.#nextTellMs = elapsedMs + config.hostEventSeconds * 1000
    this.#told += 1
    const nowMs = clock.nowMs()
    onDetection(hostDetection(reading, { ...this.#telling, nowMs, count: this.#told }))
  }

  #failed({ message }: PicketError): void {
    this.#last = null
    if (!this.#isFailing) this.#options.log.warn('the host cannot be read', { reason: message })
    this.#isFailing = true
  }
}
