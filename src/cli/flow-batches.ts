/** The way of a replay's flows into the log. */
import type { Flow } from '../flow/flow.ts'
import type { EventRecord } from '../record/record.ts'

const FLOWS_PER_APPEND = 1_000

/** Hands flows to the log in batches, and makes the reader wait while the disk is behind. */
export class FlowBatches {
  readonly #record: EventRecord
  #flows: Flow[] = []
  #appended = 0

  constructor(record: EventRecord) {
    this.#record = record
  }

  add(flow: Flow): void {
    this.#flows.push(flow)
    if (this.#flows.length >= FLOWS_PER_APPEND) this.handOver()
  }

  handOver(): void {
    this.#record.flows.append(this.#flows)
    this.#appended += this.#flows.length
    this.#flows = []
  }

  async roomForMore(): Promise<void> {
    // A chunk of 1 MiB ends at most some 60,000 flows; the queue holds three times as many.
    if (this.#appended < 50_000) return
    await this.#record.flows.flush()
    this.#appended = 0
  }
}
