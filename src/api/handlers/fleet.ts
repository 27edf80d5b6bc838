/** The fleet: orders to many hosts, what each host made of them, and which hosts there are. */
import type { components } from '../../../openapi/contract.d.ts'
import { rfc3339FromUs } from '../../core/clock.ts'
import {
  addresseeOf,
  addresseeWords,
  type Acknowledgement,
  type FleetDesk,
  type HostReport,
  type TrackedOrder,
} from '../../fleet/index.ts'
import { formatPortRange, parsePortRange } from '../../net/port-range.ts'
import type { Handler } from '../contract/contract.ts'
import { invalidRequest, notFound } from '../problem.ts'
import { scopeFaults } from './blocking/blocks.ts'

type Schemas = components['schemas']

const DEFAULT_TTL_SECONDS = 3600

type FleetHandlers = {
  [Id in 'listFleetOrders' | 'createFleetOrder' | 'getFleetOrder' | 'listFleetHosts']: Handler<Id>
}

/** Serves the operations on the fleet. */
export function fleetHandlers(desk: FleetDesk): FleetHandlers {
  return {
    listFleetOrders: async ({ query }) => {
      const items = (await desk.orders(query.limit)).map(apiFleetOrder)
      return { status: 200, body: { items } }
    },
    createFleetOrder: async ({ body, caller }) => {
      const faults = scopeFaults(body, '')
      if (faults.length > 0) throw invalidRequest(faults)
      const { to = 'all', action, target, reason = null, ttlSeconds = DEFAULT_TTL_SECONDS } = body
      const { direction = 'both', protocol = null, ports: asked = [] } = body
      const ports = asked.flatMap((one) => parsePortRange(one) ?? [])
      const scope = { direction, protocol, ports }
      const by = caller!.actor
      // The document's pattern has said that it is one.
      const order = { to: addresseeOf(to)!, action, target, ...scope, ttlSeconds, reason, by }
      const given = apiFleetOrder(await desk.order(order))
      return { status: 201, body: given, headers: { location: `/v1/fleet/orders/${given.id}` } }
    },
    getFleetOrder: async ({ path }) => {
      const order = await desk.find(path.orderId.toLowerCase())
      if (order === null) throw notFound('there is no order of the fleet with this id')
      return { status: 200, body: apiFleetOrder(order) }
    },
    listFleetHosts: async () => {
      return { status: 200, body: { items: (await desk.hosts()).map(apiFleetHost) } }
    },
  }
}

/** Writes an order as the document has it. */
export function apiFleetOrder(order: TrackedOrder): Schemas['FleetOrder'] {
  const { issuedAtMs, expiresAtMs, to, ports, acknowledgements, awaited, ...rest } = order
  return {
    ...rest,
    to: addresseeWords(to),
    ports: ports.map(formatPortRange),
    issuedAt: rfc3339FromUs(issuedAtMs * 1000),
    expiresAt: rfc3339FromUs(expiresAtMs * 1000),
    acknowledgements: acknowledgements.map(apiAcknowledgement),
    awaited: [...awaited],
  }
}

function apiAcknowledgement(answer: Acknowledgement): Schemas['FleetAcknowledgement'] {
  const { host, outcome, guard, detail, decidedAtMs } = answer
  return { host, outcome, guard, detail, at: rfc3339FromUs(decidedAtMs * 1000) }
}

/** Writes a host as the document has it. */
export function apiFleetHost({ atMs, groups, ...host }: HostReport): Schemas['FleetHost'] {
  return { ...host, groups: [...groups], lastSeen: rfc3339FromUs(atMs * 1000) }
}
