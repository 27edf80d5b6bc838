/** The record as a whole: what `openRecord` gives, each room behind its own small interface. */
import type { Allowlist } from './logs/api/allowlist.ts'
import type { AnswerStore } from './logs/api/answer-store.ts'
import type { AuditTrail } from './logs/audit-trail.ts'
import type { BlockLog } from './logs/block-log.ts'
import type { EventLog } from './logs/event-log.ts'
import type { EvidenceLog } from './logs/evidence-log.ts'
import type { FleetOrders } from './logs/fleet-orders.ts'
import type { FlowLog } from './logs/flow-log.ts'
import type { LogScan } from './logs/log-scan.ts'
import type { FlowOutbox, Outbox } from './logs/outbox.ts'
import type { RecordRoom, ShedRows } from './record-room.ts'
import type { RuleSwitches } from './logs/api/rule-switches.ts'
import type { TokenStore } from './logs/api/token-store.ts'
import type { TriageLog } from './logs/triage-log.ts'

export type { AuditTrail } from './logs/audit-trail.ts'

export interface EventRecord {
  /** Path of the database file. */
  readonly path: string
  /** UUID of this agent, made when the record was. */
  readonly agentId: string
  /** Sentences about what was found at opening that somebody should know (a damaged file set aside). */
  readonly startFindings: readonly string[]
  /** Has somebody told what is found later on: a file that was damaged while it was open, and set aside. */
  onFinding(listener: (finding: string) => void): void
  /** How much room there was at the last look, some seconds ago; null before the first. */
  room(): RecordRoom | null
  /** What was left unwritten since the start for want of room; flows are counted by `flows.dropped`. */
  shed(): ShedRows
  readonly events: EventLog
  readonly evidence: EvidenceLog
  readonly outbox: Outbox
  readonly flowOutbox: FlowOutbox
  readonly flows: FlowLog
  readonly blocks: BlockLog
  readonly allowlist: Allowlist
  readonly audit: AuditTrail
  readonly fleetOrders: FleetOrders
  readonly tokens: TokenStore
  /** Answers remembered by idempotency key. */
  readonly answers: AnswerStore
  readonly ruleSwitches: RuleSwitches
  readonly triage: TriageLog
  readonly scan: LogScan
  /** Resolves when what writes has answered; rejects when it cannot any more. Errors: `ERR_RECORD_WRITE`. */
  ping(): Promise<void>
  /** Writes what is queued and closes; later calls fail. */
  close(): Promise<void>
}
