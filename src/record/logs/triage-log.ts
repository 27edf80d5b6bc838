/** What people make of events: verdicts, suppressions, and the incidents that events join into. */
import type { SuppressionScope } from '../../decide/index.ts'
import type { OpenIncident } from '../fold/incident-book.ts'
import type { AuditEntry } from './audit-trail.ts'
import type { Page } from './event-log.ts'

export type EventVerdict = 'true-positive' | 'false-positive'

/** An analyst's word on one event; a later one replaces it. Times in ms since the epoch. */
export interface Verdict {
  readonly eventId: string
  readonly verdict: EventVerdict
  readonly reason: string | null
  readonly detector: string
  readonly kind: string
  readonly givenBy: string
  readonly givenAtMs: number
}

/** How a kind of event has been judged. */
export interface VerdictCount {
  readonly kind: string
  readonly detector: string
  readonly truePositives: number
  readonly falsePositives: number
}

/** What was said of one detector's events, whatever their kind. */
export interface JudgedFigures {
  readonly verdicts: number
  readonly falsePositives: number
  /** falsePositives of verdicts. */
  readonly falsePositiveRate: number
}

/** Sums up how a detector's events were judged; null where nobody judged any. */
export function judgedFigures(
  counts: readonly (Pick<VerdictCount, 'truePositives' | 'falsePositives'> & {
    readonly detector: string | null
  })[],
  detector: string,
): JudgedFigures | null {
  const own = counts.filter((count) => count.detector === detector)
  const falsePositives = own.reduce((sum, count) => sum + count.falsePositives, 0)
  const verdicts = own.reduce((sum, count) => sum + count.truePositives, falsePositives)
  return verdicts === 0
    ? null
    : { verdicts, falsePositives, falsePositiveRate: falsePositives / verdicts }
}

/** A suppression as it was ordered; its addresses are canonical. Times in ms since the epoch. */
export interface Suppression extends SuppressionScope {
  readonly id: string
  readonly reason: string
  readonly createdBy: string
  readonly createdAtMs: number
  /** Null for good. */
  readonly expiresAtMs: number | null
  readonly liftedAtMs: number | null
  /** Stories that it hid. */
  readonly hidden: number
  readonly lastHiddenAtMs: number | null
}

/** Related events of one party. Times in µs since the epoch. */
export interface Incident {
  readonly id: string
  /** Canonical address of whom it is about. */
  readonly party: string
  readonly role: 'attacker' | 'host' | 'victim'
  readonly firstSeenUs: number
  readonly lastSeenUs: number
  /** The highest of its events. */
  readonly severity: number
  readonly events: number
  /** In the order in which they were first seen. */
  readonly kinds: readonly string[]
  /** How its party had been broken into before it did this; null where nothing tells of that. */
  readonly follows: IncidentLink | null
  /** Ids of incidents of those that were broken into in this one. */
  readonly ledTo: readonly string[]
}

/** A break-in to a host that later did something itself. Times in µs since the epoch. */
export interface IncidentLink {
  readonly eventId: string
  /** Null for an event that is of none. */
  readonly incident: string | null
  readonly kind: string
  /** Null where nobody could be named. */
  readonly attacker: string | null
  readonly severity: number
  readonly firstSeenUs: number
}

export interface IncidentQuery {
  readonly minSeverity?: number | undefined
  /** Seen last at or after this time, µs. */
  readonly fromUs?: number | undefined
  readonly party?: string | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface TriageLog {
  /** Errors: `ERR_RECORD_WRITE`; then neither it nor its audit row is kept. */
  saveVerdict(verdict: Verdict, audit: AuditEntry): Promise<void>
  verdict(eventId: string): Verdict | null
  /** Every verdict that is in force, the oldest first. */
  verdicts(): readonly Verdict[]
  verdictCounts(): readonly VerdictCount[]
  /** Events by kind, those that have been swept away not counted. */
  eventCounts(): ReadonlyMap<string, number>
  /** Inserts or replaces by id, but for what it hid. Errors: as `saveVerdict`. */
  saveSuppression(suppression: Suppression, audit: AuditEntry): Promise<void>
  /** Adds to what a suppression has hidden. */
  countHidden(id: string, stories: number): Promise<void>
  suppression(id: string): Suppression | null
  /** Newest first; ended ones too where asked for. */
  suppressions(options: {
    readonly withEnded: boolean
    readonly nowMs: number
  }): readonly Suppression[]
  incident(id: string): Incident | null
  /** The one seen last comes first, looked for in a thread of its own. Errors: as `EventLog.list`. */
  incidents(query: IncidentQuery): Promise<Page<Incident>>
  /** Those seen last at or after a time, µs; the one seen last comes first. */
  openIncidents(fromUs: number, limit: number): readonly OpenIncident[]
}
