/** What a block would cut off, told before it is made: from the flows that were logged and the sockets that are open. */
import type { Flow } from '../../flow/flow.ts'
import { parseAddress } from '../../net/address.ts'
import { cidrContains, type Cidr } from '../../net/cidr.ts'
import { holdsPort } from '../../net/port-range.ts'
import { protocolName } from '../../net/protocol.ts'
import type { BlockScope } from '../../record/logs/block-log.ts'
import type { FlowLog } from '../../record/logs/flow-log.ts'
import { readAdministrators } from '../guards/administrators.ts'
import { readLiveSockets, type LiveSocket } from './live-sockets.ts'

/** Of each listing; the rest is counted. */
const MAX_LISTED = 20
const FLOWS_A_PAGE = 1000
/** The log is searched no longer, so that the answer comes while it is wanted. */
const PATIENCE_MS = 5_000

export interface SimulationOrder {
  readonly target: Cidr
  readonly scope: BlockScope
  /** The log is read from here on, µs since the epoch. */
  readonly fromUs: number
}

/** The busiest first. */
export interface Simulation {
  /** False where the log held more than could be read in time. */
  readonly isComplete: boolean
  readonly flows: number
  readonly packets: number
  readonly bytes: number
  readonly peers: readonly Share<{ readonly address: string }>[]
  readonly services: readonly Share<Service>[]
  readonly processes: readonly Share<{ readonly command: string }>[]
  readonly sockets: readonly LiveSocket[]
  /** Who is logged in over SSH from there. */
  readonly administrators: readonly string[]
}

export interface Service {
  readonly address: string
  readonly port: number
  readonly protocol: string
}

/** A part of what would be cut off. */
export type Share<What> = What & { readonly flows: number; readonly bytes: number }

/** Looks at what is there; changes nothing. Errors: `ERR_RECORD_BUSY`, `ERR_RECORD_READ`. */
export async function simulateBlock(
  flows: Pick<FlowLog, 'list'>,
  order: SimulationOrder,
): Promise<Simulation> {
  const [logged, sockets, administrators] = await Promise.all([
    readLogged(flows, order),
    readLiveSockets(order.target),
    readAdministrators(),
  ])
  return {
    ...logged,
    sockets: sockets.filter((socket) => cutsSocket(socket, order.scope)),
    administrators: administrators.filter((address) => isWithin(order.target, address)),
  }
}

type Logged = Omit<Simulation, 'sockets' | 'administrators'>

async function readLogged(flows: Pick<FlowLog, 'list'>, order: SimulationOrder): Promise<Logged> {
  const shares = { peers: new Shares(), services: new Shares(), processes: new Shares() }
  const total = { flows: 0, packets: 0, bytes: 0 }
  const untilMs = performance.now() + PATIENCE_MS
  let cursor: string | undefined
  do {
    const { target: address, fromUs } = order
    const page = await flows.list({ address, fromUs, limit: FLOWS_A_PAGE, cursor })
    for (const flow of page.items.filter((one) => cutsFlow(one, order))) {
      const bytes = flow.originatorBytes + flow.responderBytes
      total.flows += 1
      total.packets += flow.originatorPackets + flow.responderPackets
      total.bytes += bytes
      const { responder, responderPort, protocol, process } = flow
      const peer = isWithin(order.target, flow.originator) ? flow.originator : responder
      shares.peers.add({ address: peer }, bytes)
      const service = { address: responder, port: responderPort, protocol: protocolName(protocol) }
      shares.services.add(service, bytes)
      if (process) shares.processes.add({ command: process.command ?? 'unknown' }, bytes)
    }
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined && performance.now() < untilMs)
  return {
    isComplete: cursor === undefined,
    ...total,
    peers: shares.peers.top<{ address: string }>(),
    services: shares.services.top<Service>(),
    processes: shares.processes.top<{ command: string }>(),
  }
}

/** Counts by what is alike. */
class Shares {
  readonly #byKey = new Map<string, { what: object; flows: number; bytes: number }>()

  add(what: object, bytes: number): void {
    const key = JSON.stringify(what)
    const share = this.#byKey.get(key) ?? { what, flows: 0, bytes: 0 }
    this.#byKey.set(key, { what, flows: share.flows + 1, bytes: share.bytes + bytes })
  }

  top<What extends object>(): Share<What>[] {
    const all = [...this.#byKey.values()].sort((one, other) => other.bytes - one.bytes)
    return all.slice(0, MAX_LISTED).map(({ what, flows, bytes }) => {
      return { ...(what as What), flows, bytes }
    })
  }
}

/** Says whether any of the flow's packets would be kept out. */
function cutsFlow(flow: Flow, { target, scope }: SimulationOrder): boolean {
  const { originator, responder, originatorPort, responderPort } = flow
  if (!isOfProtocol(flow, scope)) return false
  const there = { from: originator, to: responder, port: responderPort }
  const back = { from: responder, to: originator, port: originatorPort }
  const ways = flow.responderPackets > 0 ? [there, back] : [there]
  return ways.some(({ from, to, port }) => {
    if (scope.ports.length > 0 && !holdsPort(scope.ports, port)) return false
    const comesIn = scope.direction !== 'out' && isWithin(target, from)
    return comesIn || (scope.direction !== 'in' && isWithin(target, to))
  })
}

function isOfProtocol({ protocol }: Flow, scope: BlockScope): boolean {
  if (scope.protocol === null) return true
  const name = protocolName(protocol)
  return scope.protocol === 'icmp' ? name.startsWith('icmp') : name === scope.protocol
}

function cutsSocket({ protocol, localPort, remotePort }: LiveSocket, scope: BlockScope): boolean {
  if (scope.protocol !== null && scope.protocol !== protocol) return false
  if (scope.ports.length === 0) return true
  const comesIn = scope.direction !== 'out' && holdsPort(scope.ports, localPort)
  return comesIn || (scope.direction !== 'in' && holdsPort(scope.ports, remotePort))
}

function isWithin(range: Cidr, text: string): boolean {
  const address = parseAddress(text)
  return address !== null && cidrContains(range, address)
}
