/** `picket block --simulate`: what a block would cut off, in words. */
import { counted } from '../../core/text/amount.ts'
import type { components } from '../../../openapi/contract.d.ts'
import { answerOf, type ApiClient } from '../client.ts'
import type { CommandContext } from '../context.ts'
import { EXIT, printJsonLines } from '../print/output.ts'
import { printable } from '../print/printable.ts'

type Schemas = components['schemas']
type Simulation = Schemas['BlockSimulation']

/** Asks about each and prints what it is told; changes nothing. */
export async function simulate(
  { api }: ApiClient,
  requests: readonly Schemas['BlockRequest'][],
  { terminal, json }: CommandContext,
): Promise<number> {
  for (const { target, direction, protocol, ports } of requests) {
    const scope = {
      ...(direction === undefined ? {} : { direction }),
      ...(protocol === undefined ? {} : { protocol }),
      ...(ports === undefined ? {} : { ports }),
    }
    const found = answerOf(await api.POST('/v1/blocks/simulate', { body: { target, ...scope } }))
    if (json) printJsonLines([found], terminal)
    else for (const line of inWords(found)) terminal.write(`${printable(line)}\n`)
  }
  return EXIT.ok
}

function inWords(found: Simulation): string[] {
  const { target, refusal, from, isComplete, flows, bytes, administrators, sockets } = found
  const since = `since ${from.slice(0, 16).replace('T', ' ')} UTC`
  const rest = isComplete ? '' : ' (the log holds more than was read)'
  return [
    ...(refusal === null ? [] : [`refused: ${refusal.detail} (guard ${refusal.guard})`]),
    `${target}: ${counted(flows, 'flow')}, ${counted(bytes, 'byte')} ${since}${rest}`,
    ...listed('peers', found.peers, ({ address }) => address),
    ...listed('services', found.services, (one) => `${one.address} ${one.protocol}/${one.port}`),
    ...listed('programs', found.processes, ({ command }) => command),
    ...sockets.map(socketWords),
    ...administrators.map((address) => `  logged in over SSH from ${address}`),
  ]
}

function listed<One extends { readonly flows: number; readonly bytes: number }>(
  title: string,
  items: readonly One[],
  name: (item: One) => string,
): string[] {
  if (items.length === 0) return []
  const lines = items.map(
    (item) => `    ${name(item)}: ${counted(item.flows, 'flow')}, ${counted(item.bytes, 'byte')}`,
  )
  return [`  ${title}:`, ...lines]
}

function socketWords({ protocol, localPort, remoteAddress, remotePort, process }: Socket): string {
  const by = process === null ? '' : ` (${process.command}, ${process.pid})`
  return `  open now: ${protocol} port ${localPort} with ${remoteAddress} port ${remotePort}${by}`
}

type Socket = Simulation['sockets'][number]
