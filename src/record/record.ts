/** The record as a whole: what `openRecord` gives, each room behind its own small interface. */
import type { AnswerStore } from './answer-store.ts'
import type { AuditEntry, BlockLog } from './block-log.ts'
import type { EventLog, Outbox } from './event-log.ts'
import type { EvidenceLog } from './evidence-log.ts'
import type { FlowLog } from './flow-log.ts'
import type { AuditFinding } from './sqlite/audit-chain.ts'
import type { RuleSwitches } from './rule-switches.ts'
import type { TokenStore } from './token-store.ts'
import type { TriageLog } from './triage-log.ts'

export interface AuditTrail {
  /** Appends a row whose hash covers the one before (SHA-256). Errors: `ERR_RECORD_WRITE`. */
  append(entry: AuditEntry): Promise<void>
  /** Walks the whole chain and says whether a row was changed, taken out or put in. */
  verify(): AuditFinding
}

export interface EventRecord {
  /** Path of the database file. */
  readonly path: string
  /** UUID of this agent, made when the record was. */
  readonly agentId: string
  /** Sentences about what was found at opening that somebody should know (a damaged file set aside). */
  readonly startFindings: readonly string[]
  readonly events: EventLog
  readonly evidence: EvidenceLog
  readonly outbox: Outbox
  readonly flows: FlowLog
  readonly blocks: BlockLog
  readonly audit: AuditTrail
  readonly tokens: TokenStore
  /** Answers remembered by idempotency key. */
  readonly answers: AnswerStore
  readonly ruleSwitches: RuleSwitches
  readonly triage: TriageLog
  /** Writes what is queued and closes; later calls fail. */
  close(): Promise<void>
}
