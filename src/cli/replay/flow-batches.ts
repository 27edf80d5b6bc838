/** The way of a replay's flows into the log. */
import { FlowBatchWriter, type FlowScores } from '../../flow/batch/index.ts'
import type { EndReason, LiveFlow } from '../../flow/flow.ts'
import type { EventRecord } from '../../record/record.ts'
import type { FlowKeeper } from '../../sensor/sensor.ts'

const FLOWS_PER_BATCH = 1024

/** Hands flows to the log in batches, and makes the reader wait while the disk is behind. */
export class FlowBatches implements FlowKeeper {
  readonly #record: EventRecord
  readonly #writer: FlowBatchWriter
  #appended = 0

  constructor(record: EventRecord, captureName: string) {
    this.#record = record
    this.#writer = new FlowBatchWriter(captureName, FLOWS_PER_BATCH)
  }

  add(flow: LiveFlow, reason: EndReason, scores: FlowScores): void {
    this.#writer.add(flow, reason, scores)
    if (this.#writer.isFull) this.handOver()
  }

  handOver(): void {
    const batch = this.#writer.take()
    if (batch === null) return
    this.#record.flows.append(batch)
    this.#appended += batch.length
  }

  async roomForMore(): Promise<void> {
    // A chunk of 1 MiB ends at most some 60,000 flows; the queue holds three times as many.
    if (this.#appended < 50_000) return
    await this.#record.flows.flush()
    this.#appended = 0
  }
}
