/** What `picket fleet` does: gives orders, waits for answers, and prints them. */
import type { components } from '../../openapi/contract.d.ts'
import { systemClock } from '../core/clock.ts'
import { PicketError } from '../core/errors.ts'
import type { Addressee, FleetDesk, TrackedOrder } from '../fleet/index.ts'
import type { BlockScope } from '../record/logs/block-log.ts'
import { answerOf, openForReading } from './client.ts'
import type { CommandContext } from './context.ts'
import type { Invocation } from './invocation.ts'
import { clockTime, EXIT, printJsonLines } from './print/output.ts'
import { localActor } from './record-access.ts'
import { printTable, type Column } from './print/table.ts'
import { requireTarget } from './blocking/targets.ts'

type Order = components['schemas']['FleetOrder']
type Answer = components['schemas']['FleetAcknowledgement']
type Host = components['schemas']['FleetHost']

export interface FleetOrderOptions extends Partial<BlockScope> {
  readonly to: Addressee
  readonly reason?: string
  /** How long answers are waited for, s. */
  readonly wait: number
  /** How long the block lasts, s. */
  readonly ttl?: number
}

const ASK_EVERY_MS = 300
const NAME = /^[A-Za-z0-9_-]{1,64}$/

const ORDERS: readonly Column<Order>[] = [
  { title: 'order', text: ({ action, target }) => `${action} ${target}` },
  { title: 'to', text: ({ to }) => to },
  { title: 'given (UTC)', text: ({ issuedAt }) => clockTime(issuedAt) },
  { title: 'until (UTC)', text: ({ expiresAt }) => clockTime(expiresAt) },
  { title: 'applied', text: (order) => countOf(order, 'applied'), align: 'right' },
  { title: 'refused', text: (order) => countOf(order, 'refused'), align: 'right' },
  { title: 'failed', text: (order) => countOf(order, 'failed'), align: 'right' },
  { title: 'awaited', text: ({ awaited }) => String(awaited.length), align: 'right' },
  { title: 'by', text: ({ orderer, by }) => `${orderer}/${by}` },
  { title: 'id', text: ({ id }) => id },
  { title: 'why', text: ({ reason }) => reason ?? '', mayWrap: true },
]
const ANSWERS: readonly Column<Answer>[] = [
  { title: 'host', text: ({ host }) => host },
  { title: 'outcome', text: ({ outcome }) => outcome },
  { title: 'guard', text: ({ guard }) => guard ?? '' },
  { title: 'at (UTC)', text: ({ at }) => clockTime(at) },
  { title: 'why', text: ({ detail }) => detail ?? '', mayWrap: true },
]
const HOSTS: readonly Column<Host>[] = [
  { title: 'host', text: ({ host }) => host },
  { title: 'groups', text: ({ groups }) => groups.join(',') },
  { title: 'last seen (UTC)', text: ({ lastSeen }) => clockTime(lastSeen) },
  { title: 'position', text: ({ position }) => String(position), align: 'right' },
  { title: 'version', text: ({ version }) => version },
]

/** Gives an order for each target, and tells what hosts answered within the time. */
export async function orderFleet(
  action: 'block' | 'lift',
  { args, options, context }: Invocation<FleetOrderOptions>,
): Promise<number> {
  const commandContext = context()
  const targets = [args[0] ?? []].flat().map(requireTarget)
  const { to, reason = null, ttl: ttlSeconds = 3600, wait } = options
  const { direction = 'both', protocol = null, ports = [] } = options
  if (ports.length > 0 && (protocol === null || protocol === 'icmp')) {
    throw new PicketError('ERR_USAGE', '--ports need a protocol that has them', {
      hint: 'add --protocol tcp, udp or sctp',
    })
  }
  const desk = await requireDesk(commandContext)
  const given: TrackedOrder[] = []
  for (const target of targets) {
    const scope = { direction, protocol, ports }
    const request = { to, action, target, ...scope, ttlSeconds, reason, by: localActor() }
    given.push(await desk.order(request))
  }
  const answered = await Promise.all(given.map((order) => followed(desk, order, wait * 1000)))
  await printOrders(answered, commandContext)
  return EXIT.ok
}

/** Lists orders; one alone with every answer. */
export async function listFleetOrders(given: Invocation<{ limit: number }>): Promise<number> {
  const commandContext = given.context()
  const [id] = given.args
  const items = await ordersOf(commandContext, given.options.limit, id)
  if (items.length === 0 && !commandContext.json) {
    commandContext.terminal.writeError('no orders\n')
  }
  printShown(items, commandContext)
  const [order] = items
  if (id === undefined || order === undefined || commandContext.json) return EXIT.ok
  commandContext.terminal.write('\n')
  printTable(commandContext.terminal, ANSWERS, order.acknowledgements)
  for (const host of order.awaited) commandContext.terminal.writeError(`${host} is awaited\n`)
  return EXIT.ok
}

/** Lists the hosts, those that were not heard of for long last seen so. */
export async function listFleetHosts({ context }: Invocation): Promise<number> {
  const commandContext = context()
  const desk = await requireDesk(commandContext)
  const { apiFleetHost } = await import('../api/index.ts')
  const hosts = (await desk.hosts()).map(apiFleetHost)
  const { json, terminal } = commandContext
  if (json) printJsonLines(hosts, terminal)
  else if (hosts.length === 0) terminal.writeError('no host has told of itself yet\n')
  else printTable(terminal, HOSTS, hosts)
  return EXIT.ok
}

/** Makes the streams of the fleet. */
export async function setUpFleet({
  options,
  context,
}: Invocation<{ replicas: number }>): Promise<number> {
  const commandContext = context()
  await (await requireDesk(commandContext)).setUp(options.replicas)
  const { json, terminal } = commandContext
  if (!json) terminal.writeError('the streams of the fleet are there\n')
  return EXIT.ok
}

/** Makes NKeys, and the users file of the servers. */
export async function makeFleetCredentials({ args, context }: Invocation): Promise<number> {
  const { config, json, terminal } = context()
  const [folder = '', hosts = []] = args as unknown as [string, string[]]
  const { name } = config.fleet
  if (name === null) {
    throw new PicketError(
      'ERR_FLEET_ORDERER',
      'fleet.name is not set; users are made for a fleet by its name',
      {
        hint: 'set fleet.name and fleet.servers in the configuration',
      },
    )
  }
  const wrong = hosts.find((host) => !NAME.test(host) || host === 'orderer')
  if (wrong !== undefined) {
    throw new PicketError('ERR_USAGE', `'${wrong}' cannot be the name of a host of the fleet`, {
      hint: 'use letters, digits, - and _, as in fleet.host; orderer is the name of the one who orders',
    })
  }
  const { writeCredentials } = await import('../fleet/index.ts')
  const { usersFile, made, users } = writeCredentials(folder, name, hosts)
  if (json) printJsonLines([{ usersFile, made, users }], terminal)
  else {
    const seeds = made.length === 0 ? 'no seed' : made.map((user) => `${user}.nk`).join(', ')
    terminal.writeError(`made ${seeds}; ${users.length} users are in ${usersFile}\n`)
  }
  return EXIT.ok
}

async function ordersOf(
  context: CommandContext,
  limit: number,
  id: string | undefined,
): Promise<readonly Order[]> {
  const desk = await deskOf(context)
  if (desk !== null) {
    const { apiFleetOrder } = await import('../api/index.ts')
    const found = id === undefined ? await desk.orders(limit) : [await desk.find(id.toLowerCase())]
    return found.flatMap((order) => (order === null ? [] : [apiFleetOrder(order)]))
  }
  const client = await openForReading(context)
  try {
    if (id === undefined) {
      const params = { query: { limit } }
      return answerOf(await client.api.GET('/v1/fleet/orders', { params })).items
    }
    const params = { path: { orderId: id } }
    return [answerOf(await client.api.GET('/v1/fleet/orders/{orderId}', { params }))]
  } finally {
    await client.close()
  }
}

/** Asks until every host has answered or the time is over. */
async function followed(
  desk: FleetDesk,
  order: TrackedOrder,
  forMs: number,
): Promise<TrackedOrder> {
  const deadline = performance.now() + forMs
  let last = order
  while (performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS))
    last = (await desk.find(order.id)) ?? last
    if (last.awaited.length === 0) break
  }
  return last
}

async function printOrders(
  orders: readonly TrackedOrder[],
  context: CommandContext,
): Promise<void> {
  const { apiFleetOrder } = await import('../api/index.ts')
  const shown = orders.map(apiFleetOrder)
  printShown(shown, context)
  for (const { target, acknowledgements, awaited } of shown) {
    for (const { host, outcome, detail } of acknowledgements) {
      if (outcome === 'applied') continue
      context.terminal.writeError(`${host} ${outcome} ${target}: ${detail ?? ''}\n`)
    }
    if (awaited.length === 0) continue
    const some = awaited.slice(0, 5).join(', ')
    context.terminal.writeError(`not answered yet: ${awaited.length} (${some})\n`)
  }
}

function printShown(orders: readonly Order[], { json, terminal }: CommandContext): void {
  if (json) printJsonLines(orders, terminal)
  else printTable(terminal, ORDERS, orders)
}

/** Errors: `ERR_FLEET_ORDERER` where nobody may order from this machine. */
async function requireDesk(context: CommandContext) {
  const desk = await deskOf(context)
  if (desk === null) throw noFleet()
  return desk
}

/** Null where nobody may order from this machine. */
async function deskOf({ config }: CommandContext) {
  const { ordererDesk } = await import('../fleet/index.ts')
  return ordererDesk(config.fleet, systemClock)
}

function noFleet(): PicketError {
  return new PicketError('ERR_FLEET_ORDERER', 'the fleet is not ordered from this machine', {
    hint: 'set fleet.name, fleet.servers and fleet.orderer in the configuration',
  })
}

const countOf = ({ acknowledgements }: Order, outcome: Answer['outcome']): string =>
  String(acknowledgements.filter((one) => one.outcome === outcome).length)
