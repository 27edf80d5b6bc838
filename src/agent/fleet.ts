/** The agent as a member of its fleet: orders come to the blocker, what is to be told of them to the intake. */
import type { components } from '../../openapi/contract.d.ts'
import { agentAudit } from './audit.ts'
import type { Ground } from './parts.ts'
import { systemClock as clock } from '../core/clock.ts'
import { VERSION } from '../core/files/package-root.ts'
import type { Detection } from '../detect/index.ts'
import { placeOf } from '../fleet/config.ts'
import { FleetMember, type FleetStatus } from '../fleet/index.ts'
import type { Blocker } from '../respond/index.ts'

/** Starts following the fleet's orders; null where the host belongs to no fleet. */
export function startFleet(
  { config, record, log, metrics }: Ground,
  blocker: Blocker,
  tell: (detection: Detection) => void,
): FleetMember | null {
  const place = placeOf(config.fleet)
  if (place === null) return null
  const write = agentAudit(record, log)
  return new FleetMember({
    ...{ config: config.fleet, place, orders: record.fleetOrders, blocker, tell },
    audit: ({ action, subject, details }) => write(action, subject, details),
    ...{ version: VERSION, clock, log, metrics },
  })
}

/** Says how the host does in its fleet. */
export function fleetHealth(status: FleetStatus): components['schemas']['FleetHealth'] {
  const { fleet: name, groups, ...rest } = status
  return { name, ...rest, groups: [...groups] }
}

/** What is in force stays so, but new orders do not come: that is worth saying. */
export function fleetProblem(status: FleetStatus | null): string[] {
  if (status === null || status.lastError === null) return []
  return [`fleet ${status.fleet}: no orders from ${status.server}: ${status.lastError}`]
}
