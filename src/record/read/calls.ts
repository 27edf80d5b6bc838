/** What the reader's thread can be asked to do. */
import type { Flow } from '../../flow/flow.ts'
import type { AuditQuery, AuditRow } from '../logs/audit-trail.ts'
import type { Event } from '../event.ts'
import type { EventQuery, Page } from '../logs/event-log.ts'
import type { Incident, IncidentQuery } from '../logs/triage-log.ts'
import type { FlowQuery, FlowSumQuery } from '../logs/flow-log.ts'
import type { AuditStretch, AuditWalk } from './audit.ts'
import type { SummedStep } from './flows/flow-sums.ts'

/** A step of a listing is a page for which a bounded number of rows was looked at. */
export interface ReaderCalls {
  stepEvents: { input: EventQuery; output: Page<Event> }
  stepIncidents: { input: IncidentQuery; output: Page<Incident> }
  stepFlows: { input: FlowQuery; output: Page<Flow> }
  /** Counts the event states that are there among so many numbers. */
  countStates: { input: { readonly from: number; readonly to: number }; output: number }
  stepAudit: { input: AuditQuery; output: Page<AuditRow> }
  walkAudit: { input: AuditWalk; output: AuditStretch }
  stepSums: {
    input: FlowSumQuery & { readonly cursor?: string | undefined }
    output: SummedStep
  }
  close: { input: null; output: null }
}

export interface ReaderSettings {
  readonly path: string
}
