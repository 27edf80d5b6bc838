/** The flow log: finished flows, written in batches off the packet path. */
import type { Flow } from '../flow/flow.ts'
import type { Cidr } from '../net/cidr.ts'
import type { Page } from './event-log.ts'

export interface FlowQuery {
  /** Ended at or after this time, µs. */
  readonly fromUs?: number | undefined
  /** Begun before this time, µs. */
  readonly toUs?: number | undefined
  /** Either side. */
  readonly address?: Cidr | undefined
  /** Either side. */
  readonly port?: number | undefined
  readonly protocol?: number | undefined
  readonly communityId?: string | undefined
  /** 1–1000. */
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface FlowLog {
  /** Queues flows for the writer; what does not fit the bounded queue is dropped and counted. Never throws. */
  append(flows: readonly Flow[]): void
  /** Flows dropped because the writer could not keep up or the disk refused. */
  dropped(): number
  /** Resolves when everything appended so far is on disk (or counted as dropped). */
  flush(): Promise<void>
  /**
   * Newest first (by start), looked for in a thread of its own.
   *
   * Cost: some 2 s for a million flows that must be looked at one by one (by port, protocol, Community ID).
   * After 10 s the page ends with what was found, none perhaps, and `nextCursor` goes on from there.
   * Errors: `ERR_API_REQUEST` for a cursor that is not ours; `ERR_RECORD_BUSY` when too many queries are
   * under way; `ERR_RECORD_READ`.
   */
  list(query: FlowQuery): Promise<Page<Flow>>
}
