/** The bounded queue in front of the writer's thread: flows go to disk in batches, off the packet path. */
import type { Clock } from '../../../core/clock.ts'
import type { Log } from '../../../core/log/log.ts'
import type { FlowBatch } from '../../../flow/batch/index.ts'
import type { Writer } from '../writer.ts'

/** So many flows are some 10 ms of the writer's time: the longest an event waits behind them. */
const FLOWS_PER_WRITE = 4096
/** How long the first flow of a write waits for others. */
const GATHER_MS = 100
const COMPLAIN_EVERY_MS = 60_000

interface FlowQueueOptions {
  readonly writer: Writer
  readonly clock: Clock
  readonly log: Log
  readonly capacity: number
  /** False keeps the flows from the sinks. */
  readonly forward: boolean
}

export class FlowQueue {
  readonly #options: FlowQueueOptions
  #batches: FlowBatch[] = []
  #queued = 0
  #dropped = 0
  #draining: Promise<void> | null = null
  /** Ends the wait for others. */
  #stopGathering: () => void = () => undefined
  #complainedAtMs = -Infinity

  constructor(options: FlowQueueOptions) {
    this.#options = options
  }

  /** Flows lost since the start: the queue was full, or the disk refused. */
  get dropped(): number {
    return this.#dropped
  }

  /**
   * Queues a batch, or drops it whole and counts its flows; never throws, never waits.
   *
   * Where nothing waits any batch is taken: one that is larger than the whole queue would else never be.
   */
  append(batch: FlowBatch): void {
    if (this.#queued > 0 && this.#queued + batch.length > this.#options.capacity) {
      this.#dropped += batch.length
      this.#complain('the flow log cannot keep up')
      return
    }
    this.#batches.push(batch)
    this.#queued += batch.length
    this.#draining ??= this.#drain(GATHER_MS)
  }

  /** Resolves when all that was appended is on disk or counted as dropped. */
  async flush(): Promise<void> {
    this.#stopGathering()
    if (this.#draining !== null) await this.#draining
    if (this.#queued > 0) await (this.#draining ??= this.#drain(0))
  }

  /** One write at a time is with the writer, so that an event never waits behind more than one. */
  async #drain(gatherMs: number): Promise<void> {
    if (this.#queued < FLOWS_PER_WRITE && gatherMs > 0) await this.#gather(gatherMs)
    while (this.#queued > 0) await this.#write(this.#take())
    this.#draining = null
  }

  async #gather(forMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, forMs)
      this.#stopGathering = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #take(): readonly FlowBatch[] {
    let flows = 0
    let count = 0
    while (count < this.#batches.length && flows < FLOWS_PER_WRITE) {
      flows += this.#batches[count]!.length
      count += 1
    }
    this.#queued -= flows
    return this.#batches.splice(0, count)
  }

  async #write(batches: readonly FlowBatch[]): Promise<void> {
    const { writer, clock, forward } = this.#options
    const flows = batches.reduce((sum, batch) => sum + batch.length, 0)
    try {
      const input = { batches: batches.map(({ bytes }) => bytes), forward, atMs: clock.nowMs() }
      const written = await writer.call('insertFlows', input)
      if (written === flows) return
      this.#dropped += flows - written
      this.#complain('flows were not written, because the disk is nearly full')
    } catch (cause) {
      this.#dropped += flows
      this.#complain('flows could not be written', cause)
    }
  }

  #complain(message: string, cause?: unknown): void {
    const nowMs = performance.now()
    if (nowMs - this.#complainedAtMs < COMPLAIN_EVERY_MS) return
    this.#complainedAtMs = nowMs
    const reason = cause instanceof Error ? cause.message : undefined
    this.#options.log.warn(message, { droppedFlows: this.dropped, reason })
  }
}
