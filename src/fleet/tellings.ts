/** What the fleet's bus has to say as events: an order that was none, and one that this host did not follow. */
import type { Detection, Kind } from '../detect/detection.ts'
import { healthDetection } from '../health/index.ts'
import type { FleetVerdict } from '../record/logs/fleet-orders.ts'
import type { FleetOrder } from './orders/order.ts'

/** Wakes somebody up: somebody writes to the bus who must not, or holds an orderer's key. */
const FORGED_SEVERITY = 8
/** The orderer is told by the acknowledgement; this is for who watches the host. */
const REFUSED_SEVERITY = 4

/** Tells of a message among the orders that no orderer sent there. */
export function forgedOrder(why: string, subject: string, nowMs: number): Detection {
  const summary = `Somebody tried to order this host over the fleet's bus: ${why}`
  const measured = { why, subject }
  return telling('health.fleet-order-forged', FORGED_SEVERITY, { summary, measured, nowMs })
}

/** Tells of an order that a guard of this host refused. */
export function refusedOrder(
  { id, action, target }: FleetOrder,
  { guard, detail, decidedAtMs: nowMs }: FleetVerdict,
): Detection {
  const summary = `An order of the fleet was refused: ${action} ${target}: ${detail ?? guard}`
  const measured = { order: id, guard: guard ?? '' }
  return telling('health.fleet-order-refused', REFUSED_SEVERITY, { summary, measured, nowMs })
}

function telling(kind: Kind, severity: number, { summary, measured, nowMs }: Told): Detection {
  const times = { fromMs: nowMs, untilMs: nowMs, count: 1 }
  return healthDetection({ kind, severity, summary, measured, ...times, isFinal: true })
}

interface Told {
  readonly summary: string
  readonly measured: Readonly<Record<string, string>>
  readonly nowMs: number
}
