/** Reads the fleet's orders. */
import type {
  FleetOrders,
  FleetPosition,
  FleetVerdict,
  StoredFleetOrder,
} from '../../logs/fleet-orders.ts'
import type { ReadConnection } from '../../sqlite/live-connection.ts'

const COLUMNS = `id, sequence, orderer, issued_at_ms AS issuedAtMs, expires_at_ms AS expiresAtMs, body,
  received_at_ms AS receivedAtMs, outcome, guard, detail, decided_at_ms AS decidedAtMs`

type Row = Omit<StoredFleetOrder, 'verdict'> & {
  readonly [Key in keyof FleetVerdict]: FleetVerdict[Key] | null
}

/** The reading half of the fleet's orders. */
export function fleetOrderReader(
  connection: ReadConnection,
): Omit<FleetOrders, 'save' | 'advance'> {
  const selectOne = connection.prepare(`SELECT ${COLUMNS} FROM fleet_orders WHERE id = ?`)
  const selectNewest = connection.prepare(
    `SELECT ${COLUMNS} FROM fleet_orders ORDER BY issued_at_ms DESC, id DESC LIMIT ?`,
  )
  const selectPosition = connection.prepare(
    `SELECT stream_created_at AS streamCreatedAt, sequence FROM fleet_positions WHERE fleet = ?`,
  )
  return {
    get: (id) => {
      const row = selectOne.get(id) as Row | undefined
      return row === undefined ? null : orderOf(row)
    },
    list: (limit) => (selectNewest.all(limit) as Row[]).map(orderOf),
    position: (fleet) => (selectPosition.get(fleet) as FleetPosition | undefined) ?? null,
  }
}

function orderOf({ outcome, guard, detail, decidedAtMs, ...order }: Row): StoredFleetOrder {
  const isDecided = outcome !== null && decidedAtMs !== null
  return { ...order, verdict: isDecided ? { outcome, guard, detail, decidedAtMs } : null }
}
