/** The fleet's orders that reached this host: what came of each, and how far their stream has been read. */
import type { AuditEntry } from './audit-trail.ts'

export const FLEET_OUTCOMES = ['applied', 'refused', 'failed'] as const
export type FleetOutcome = (typeof FLEET_OUTCOMES)[number]

/** What this host made of an order. */
export interface FleetVerdict {
  readonly outcome: FleetOutcome
  /** Who refused it: a guard of the response, or `expired`; null where nobody did. */
  readonly guard: string | null
  /** Why it was refused or failed, or what it did, in words. */
  readonly detail: string | null
  readonly decidedAtMs: number
}

/** An order as it was received; times in ms since the epoch. */
export interface StoredFleetOrder {
  readonly id: string
  /** Its place in the stream: the same order at another place is a replay. */
  readonly sequence: number
  readonly orderer: string
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  /** The order itself, JSON. */
  readonly body: string
  readonly receivedAtMs: number
  /** Null between receiving it and acting on it. */
  readonly verdict: FleetVerdict | null
}

/** Everything of the stream up to the sequence has been seen to. */
export interface FleetPosition {
  /** Which stream: one that was made anew begins at 1 again. */
  readonly streamCreatedAt: string
  readonly sequence: number
}

/** How long an order is remembered after its end, ms. */
export const FLEET_ORDER_LIFE_MS = 30 * 86_400_000

export interface FleetOrders {
  get(id: string): StoredFleetOrder | null
  /** Newest first. */
  list(limit: number): readonly StoredFleetOrder[]
  /** Inserts or replaces by id, with the audit row, both or neither. Errors: `ERR_RECORD_WRITE`. */
  save(order: StoredFleetOrder, audit: AuditEntry): Promise<void>
  /** Null where nothing of the fleet's stream was ever read. */
  position(fleet: string): FleetPosition | null
  /** Errors: `ERR_RECORD_WRITE`. */
  advance(fleet: string, position: FleetPosition): Promise<void>
}
