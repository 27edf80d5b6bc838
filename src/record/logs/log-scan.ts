/** Reading all there is of a span of time, the oldest first, in constant memory: for export. */
import type { Flow } from '../../flow/flow.ts'
import type { Event } from '../event.ts'

/** Times in µs since the epoch, as `EventQuery` and `FlowQuery` mean them. */
export interface LogSpan {
  readonly fromUs?: number | undefined
  readonly toUs?: number | undefined
}

/** Some rows, and how much of the log had been gone through by then, 0 to 1. */
export interface ScannedRows<Row> {
  readonly rows: readonly Row[]
  readonly share: number
}

/**
 * Each part is read by itself, in the caller's thread: what is written meanwhile is no hindrance, and the scan
 * ends with what was there when it began.
 *
 * Errors: `ERR_RECORD_READ`.
 */
export interface LogScan {
  /** In the order in which they were recorded, a batch at a time. */
  flows(span: LogSpan): Generator<ScannedRows<Flow>>
  /** By first sighting. */
  events(span: LogSpan): Generator<ScannedRows<Event>>
}
