/** The desk of a host that gives no orders: it knows those that it was sent, and what it made of them itself. */
import { PicketError } from '../core/errors.ts'
import type { FleetOrders, StoredFleetOrder } from '../record/logs/fleet-orders.ts'
import type { FleetPlace } from './config.ts'
import type { FleetDesk, TrackedOrder } from './desk.ts'
import { readOrder } from './orders/order.ts'

/** Makes the desk; `place` is null for a host of no fleet, to which nothing was ever sent. */
export function memberDesk(place: FleetPlace | null, orders: FleetOrders): FleetDesk {
  const notHere = (): Promise<never> => Promise.reject(noOrderer(place))
  const shown = (stored: StoredFleetOrder): TrackedOrder[] => tracked(stored, place?.host ?? '')
  return {
    order: notHere,
    hosts: notHere,
    orders: (limit) => Promise.resolve(orders.list(limit).flatMap(shown)),
    find: (id) => {
      const stored = orders.get(id)
      return Promise.resolve(stored === null ? null : (shown(stored)[0] ?? null))
    },
  }
}

function tracked(stored: StoredFleetOrder, host: string): TrackedOrder[] {
  const read = readOrder(new TextEncoder().encode(stored.body))
  if (read.kind === 'malformed') return []
  const { id: orderId, orderer, verdict } = stored
  const acknowledgements = verdict === null ? [] : [{ ...verdict, host, orderId }]
  return [{ ...read.order, orderer, acknowledgements, awaited: verdict === null ? [host] : [] }]
}

function noOrderer(place: FleetPlace | null): PicketError {
  const what = place === null ? 'this host belongs to no fleet' : 'this host is no orderer'
  return new PicketError('ERR_FLEET_ORDERER', what, {
    hint: 'fleet.name and fleet.orderer say so in the configuration of the machine that orders',
  })
}
