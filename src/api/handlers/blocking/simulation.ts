/** What a block would cut off, told before it is made. */
import { rfc3339FromUs, type Clock } from '../../../core/clock.ts'
import { formatCidr, parseCidr } from '../../../net/cidr.ts'
import { formatPortRange } from '../../../net/port-range.ts'
import type { FlowLog } from '../../../record/logs/flow-log.ts'
import { readScope, simulateBlock } from '../../../respond/index.ts'
import type { Handler } from '../../contract/contract.ts'
import { orderFrom, type BlockOrders } from './blocks.ts'

const HOUR_US = 3_600_000_000

/** Serves the simulation; it changes nothing. */
export function simulationHandler(
  flows: FlowLog,
  orders: BlockOrders,
  clock: Clock,
): Handler<'simulateBlock'> {
  return async ({ body, caller }) => {
    const { hours = 24, ...request } = body
    const order = orderFrom(request, caller!)
    // The document's format has said that it is one.
    const target = parseCidr(order.target)!
    const scope = readScope(order)
    const fromUs = clock.nowMs() * 1000 - hours * HOUR_US
    const refused = await orders.refusalOf(order)
    const found = await simulateBlock(flows, { target, scope, fromUs })
    const { sockets, administrators, peers, services, processes, ...logged } = found
    return {
      status: 200,
      body: {
        target: formatCidr(target),
        ...{ ...scope, ports: scope.ports.map(formatPortRange) },
        refusal: refused && { guard: refused.guard, detail: refused.message },
        from: rfc3339FromUs(fromUs),
        ...logged,
        ...{ peers: [...peers], services: [...services], processes: [...processes] },
        sockets: [...sockets],
        administrators: [...administrators],
      },
    }
  }
}
