/** The fleet: orders that are given once and reach every host, over a bus that nobody need trust. */
import type { Clock } from '../core/clock.ts'
import type { FleetOrders } from '../record/logs/fleet-orders.ts'
import { placeOf, type FleetConfig } from './config.ts'
import type { FleetDesk } from './desk.ts'
import { memberDesk } from './member-desk.ts'
import { OrdererDesk } from './orderer-desk.ts'

export { writeCredentials } from './credentials.ts'
export type { FleetDesk, OrderRequest, TrackedOrder } from './desk.ts'
export { FleetMember, type FleetStatus } from './member.ts'
export type { Acknowledgement, HostReport } from './reports.ts'
export { addresseeOf, addresseeWords, type Addressee } from './subjects.ts'

interface DeskParts {
  readonly config: FleetConfig
  readonly orders: FleetOrders
  readonly clock: Clock
}

/** Makes the desk that the configuration allows: an orderer's, or that of a host which only obeys. */
export function createFleetDesk({ config, orders, clock }: DeskParts): FleetDesk {
  return ordererDesk(config, clock) ?? memberDesk(placeOf(config), orders)
}

/** Makes an orderer's desk; null where the configuration names no fleet or no orderer. */
export function ordererDesk(config: FleetConfig, clock: Clock): OrdererDesk | null {
  const place = placeOf(config)
  if (place === null || config.orderer === undefined) return null
  return new OrdererDesk(config, place, config.orderer, clock)
}
