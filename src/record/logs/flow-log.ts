/** The flow log: finished flows, written in batches off the packet path. */
import type { Flow } from '../../flow/flow.ts'
import type { FlowBatch, FlowFilter, FlowGroup } from '../../flow/batch/index.ts'
import type { Page } from './event-log.ts'

export type { FlowGroup }

export interface FlowQuery extends FlowFilter {
  /** 1–1000. */
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface FlowSumQuery extends FlowFilter {
  readonly by: FlowGroup
  /** Length of a span of `time`. */
  readonly spanUs: number
}

/** All flows of a group. */
export interface FlowSum {
  readonly key: string
  readonly flows: number
  readonly packets: number
  readonly bytes: number
}

export interface FlowSums {
  readonly items: readonly FlowSum[]
  /** False when the sums are of a part: it took too long, or there were more groups than are told apart. */
  readonly isComplete: boolean
}

export interface FlowLog {
  /** Queues a batch for the writer; what does not fit the bounded queue is dropped and counted. Never throws. */
  append(batch: FlowBatch): void
  /** Flows dropped because the writer could not keep up or the disk refused. */
  dropped(): number
  /** Resolves when everything appended so far is on disk (or counted as dropped). */
  flush(): Promise<void>
  /**
   * Newest first, in the order in which flows were recorded, which is that of their ends; looked for in a
   * thread of its own.
   *
   * Cost: batches that cannot hold what is asked for (by time, by a single address) are passed over; the flows
   * of the others are looked at one by one, a million in some 0.1 s, or 1 s by Community ID.
   * After 10 s the page ends with what was found, none perhaps, and `nextCursor` goes on from there.
   * Errors: `ERR_API_REQUEST` for a cursor that is not ours; `ERR_RECORD_BUSY` when too many queries are
   * under way; `ERR_RECORD_READ`.
   */
  list(query: FlowQuery): Promise<Page<Flow>>
  /**
   * Sums flows by group, the newest first for 10 s at most, in the same thread; 20,000 groups are told apart.
   *
   * Cost: a million flows in 0.2 to 0.4 s, 0.8 s at most, on two busy cores. Errors: as `list`.
   */
  sums(query: FlowSumQuery): Promise<FlowSums>
}
