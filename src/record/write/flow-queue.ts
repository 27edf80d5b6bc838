/** The bounded queue in front of the writer's thread: flows go to disk in batches, off the packet path. */
import { BoundedQueue } from '../../core/bounded-queue.ts'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Flow } from '../../flow/flow.ts'
import type { Writer } from './writer.ts'

/** So many flows are some 50 ms of the writer's time: the longest an event waits behind them. */
const FLOWS_PER_BATCH = 1000
/** How long the first flow of a batch waits for others. */
const GATHER_MS = 100
const COMPLAIN_EVERY_MS = 60_000

interface FlowQueueOptions {
  readonly writer: Writer
  readonly clock: Clock
  readonly log: Log
  readonly capacity: number
}

export class FlowQueue {
  readonly #options: FlowQueueOptions
  readonly #queue: BoundedQueue<Flow>
  #unwritten = 0
  #draining: Promise<void> | null = null
  #complainedAtMs = -Infinity

  constructor(options: FlowQueueOptions) {
    this.#options = options
    this.#queue = new BoundedQueue(options.capacity)
  }

  /** Flows lost since the start: the queue was full, or the disk refused. */
  get dropped(): number {
    return this.#queue.dropped + this.#unwritten
  }

  /** Queues flows; never throws, never waits. */
  append(flows: readonly Flow[]): void {
    const droppedBefore = this.#queue.dropped
    for (const flow of flows) this.#queue.push(flow)
    if (this.#queue.dropped > droppedBefore) this.#complain('the flow log cannot keep up')
    if (this.#queue.length > 0) this.#draining ??= this.#drain(GATHER_MS)
  }

  /** Resolves when all that was appended is on disk or counted as dropped. */
  async flush(): Promise<void> {
    if (this.#draining !== null) await this.#draining
    if (this.#queue.length > 0) await (this.#draining ??= this.#drain(0))
  }

  /** One batch at a time is with the writer, so that an event never waits behind more than one. */
  async #drain(gatherMs: number): Promise<void> {
    if (this.#queue.length < FLOWS_PER_BATCH && gatherMs > 0) {
      await new Promise((resolve) => setTimeout(resolve, gatherMs))
    }
    while (this.#queue.length > 0) await this.#write(this.#queue.take(FLOWS_PER_BATCH))
    this.#draining = null
  }

  async #write(flows: readonly Flow[]): Promise<void> {
    const { writer, clock } = this.#options
    try {
      const written = await writer.call('insertFlows', { flows, atMs: clock.nowMs() })
      if (written === flows.length) return
      this.#unwritten += flows.length - written
      this.#complain(
        'flows were not written, because the disk is nearly full or they are unreadable',
      )
    } catch (cause) {
      this.#unwritten += flows.length
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
