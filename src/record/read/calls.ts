/** What the reader's thread can be asked to do. */
import type { Flow } from '../../flow/flow.ts'
import type { Page } from '../event-log.ts'
import type { FlowQuery } from '../flow-log.ts'

export interface ReaderCalls {
  /** Takes one step of a listing: a page for which a bounded number of rows was looked at. */
  stepFlows: { input: FlowQuery; output: Page<Flow> }
  close: { input: null; output: null }
}

export interface ReaderSettings {
  readonly path: string
}
