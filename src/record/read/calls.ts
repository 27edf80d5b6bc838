/** What the reader's thread can be asked to do. */
import type { Flow } from '../../flow/flow.ts'
import type { Event } from '../event.ts'
import type { EventQuery, Page } from '../event-log.ts'
import type { FlowQuery, FlowSum, FlowSumQuery } from '../flow-log.ts'

/** A step of a listing is a page for which a bounded number of rows was looked at. */
export interface ReaderCalls {
  stepEvents: { input: EventQuery; output: Page<Event> }
  stepFlows: { input: FlowQuery; output: Page<Flow> }
  /** The sums of one step; a group may come again in the next. */
  stepSums: {
    input: FlowSumQuery & { readonly cursor?: string | undefined }
    output: Page<FlowSum>
  }
  close: { input: null; output: null }
}

export interface ReaderSettings {
  readonly path: string
}
