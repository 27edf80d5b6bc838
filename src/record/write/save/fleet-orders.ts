/** Writes the fleet's orders and the audit rows that tell of them, and how far their stream was read. */
import { FLEET_ORDER_LIFE_MS } from '../../logs/fleet-orders.ts'
import { inTransaction, type Connection } from '../../sqlite/connection.ts'
import { audited } from './audited.ts'
import type { Saver } from '../calls.ts'

const UNDECIDED = { outcome: null, guard: null, detail: null, decidedAtMs: null }

/** Prepares the writing of orders; each makes room by what ended long ago. */
export function fleetOrderSaver(connection: Connection): Saver<'saveFleetOrder'> {
  const forget = connection.prepare('DELETE FROM fleet_orders WHERE expires_at_ms < ?')
  const upsert = connection.prepare(
    `INSERT INTO fleet_orders (id, sequence, orderer, issued_at_ms, expires_at_ms, body,
       received_at_ms, outcome, guard, detail, decided_at_ms)
     VALUES (@id, @sequence, @orderer, @issuedAtMs, @expiresAtMs, @body,
       @receivedAtMs, @outcome, @guard, @detail, @decidedAtMs)
     ON CONFLICT (id) DO UPDATE SET outcome = excluded.outcome, guard = excluded.guard,
       detail = excluded.detail, decided_at_ms = excluded.decided_at_ms`,
  )
  return audited(connection, ({ order: { verdict, ...order }, atMs }) => {
    forget.run(atMs - FLEET_ORDER_LIFE_MS)
    upsert.run({ ...order, ...(verdict ?? UNDECIDED) })
  })
}

/** Prepares the writing of positions; after a power cut the last orders may be read again, and are known then. */
export function fleetPositionSaver(connection: Connection): Saver<'advanceFleet'> {
  const upsert = connection.prepare(
    `INSERT OR REPLACE INTO fleet_positions (fleet, stream_created_at, sequence)
     VALUES (@fleet, @streamCreatedAt, @sequence)`,
  )
  return ({ fleet, position }) =>
    inTransaction(connection, 'NORMAL', () => {
      upsert.run({ fleet, ...position })
      return null
    })
}
