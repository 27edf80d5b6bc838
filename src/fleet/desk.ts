/** What orders to the fleet can be asked of and given to, by whoever may. */
import type { BlockScope } from '../record/logs/block-log.ts'
import type { FleetOrder } from './orders/order.ts'
import type { Acknowledgement, HostReport } from './reports.ts'
import type { Addressee } from './subjects.ts'

/** What somebody wants of the fleet. */
export interface OrderRequest extends BlockScope {
  readonly to: Addressee
  readonly action: FleetOrder['action']
  /** An address or a CIDR range. */
  readonly target: string
  /** Of a block; a lift is kept for hosts that are off for as long as any block may last. */
  readonly ttlSeconds: number
  readonly reason: string | null
  readonly by: string
}

/** An order, and how it fares. */
export interface TrackedOrder extends FleetOrder {
  readonly orderer: string
  readonly acknowledgements: readonly Acknowledgement[]
  /** Hosts that are known, are addressed and have not answered. */
  readonly awaited: readonly string[]
}

/** What orders can be asked of and given to, by whoever may. */
export interface FleetDesk {
  /** Resolves once it is stored. Errors: `ERR_FLEET_ORDERER` where no orderer is configured, `ERR_FLEET_CONNECT`. */
  order(request: OrderRequest): Promise<TrackedOrder>
  /** Newest first. Errors: `ERR_FLEET_CONNECT`. */
  orders(limit: number): Promise<readonly TrackedOrder[]>
  /** Null where there is none of this id. Errors: `ERR_FLEET_CONNECT`. */
  find(id: string): Promise<TrackedOrder | null>
  /** By name. Errors: `ERR_FLEET_ORDERER`, `ERR_FLEET_CONNECT`. */
  hosts(): Promise<readonly HostReport[]>
}
