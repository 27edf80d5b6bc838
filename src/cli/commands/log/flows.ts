/** `picket flows`: who spoke to whom. */
import type { components, operations } from '../../../../openapi/contract.d.ts'
import { wholeNumber } from '../../arguments.ts'
import { answerOf } from '../../client.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { clockTime, EXIT, printJsonLines } from '../../print/output.ts'
import { printTable, type Column } from '../../print/table.ts'
import { listThrough, withLimit, withSpan } from '../listing.ts'

type FlowOptions = NonNullable<operations['listFlows']['parameters']['query']> & { limit: number }
type Flow = components['schemas']['Flow']

const EXAMPLES = `
Examples:
  picket flows --address 192.0.2.7 --from 1h
  picket flows --port 22 --protocol tcp --limit 1000 --json`

const COLUMNS: readonly Column<Flow>[] = [
  { title: 'start (UTC)', text: (flow) => clockTime(flow.start) },
  { title: 'protocol', text: (flow) => flow.application ?? flow.protocol },
  { title: 'originator', text: (flow) => endpoint(flow.originator, flow.originatorPort) },
  { title: 'responder', text: (flow) => endpoint(flow.responder, flow.responderPort) },
  { title: 'state', text: (flow) => flow.state },
  {
    title: 'packets',
    text: (flow) => pair(flow.originatorPackets, flow.responderPackets),
    align: 'right',
  },
  {
    title: 'bytes',
    text: (flow) => pair(flow.originatorBytes, flow.responderBytes),
    align: 'right',
  },
  { title: 'process', text: ({ process }) => process?.command ?? '-' },
  { title: 'unusual', text: (flow) => score(flow.anomalyScore), align: 'right' },
  { title: 'attack', text: (flow) => score(flow.attackScore), align: 'right' },
]

/** Adds `flows`. */
export const addFlows: AddCommands = (program, run) => {
  const flows = program.command('flows').description('list who spoke to whom, newest first')
  withLimit(withSpan(flows))
    .option('--address <range>', 'an address or range on either side')
    .option('--port <n>', 'a port on either side', wholeNumber(0, 65535))
    .option('--protocol <name>', 'an IP protocol by name or number (tcp, 17)')
    .option('--process <name>', 'command, path, unit, container or number of the process')
    .option('--domain <name>', 'a domain asked for or called, or one above it')
    .option('--ja4 <fingerprint>', 'JA4 of the client hello')
    .option('--community-id <id>', 'a Community ID (1:…)')
    .addHelpText('after', EXAMPLES)
    .action(run<FlowOptions>(listFlows))
}

async function listFlows({ options, context }: Invocation<FlowOptions>): Promise<number> {
  const commandContext = context()
  const { limit, ...filters } = options
  const items = await listThrough(commandContext, limit, 'no flows', async ({ api }, position) =>
    answerOf(await api.GET('/v1/flows', { params: { query: { ...filters, ...position } } })),
  )
  if (commandContext.json) printJsonLines(items, commandContext.terminal)
  else printTable(commandContext.terminal, COLUMNS, items)
  return EXIT.ok
}

const endpoint = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

const pair = (originator: number, responder: number): string => `${originator}/${responder}`

const score = (value: number | null): string => (value === null ? '-' : value.toFixed(2))
