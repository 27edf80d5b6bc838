/** `picket sinks`: where events go, how far each sink has got, and sending something again. */
import type { components } from '../../../../openapi/contract.d.ts'
import { PicketError } from '../../../core/errors.ts'
import { numberRange, pointInTime } from '../../arguments.ts'
import { answerOf, openForOrders, openForReading } from '../../client.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { EXIT, printJsonLines } from '../../print/output.ts'
import { printTable, type Column } from '../../print/table.ts'

type Sink = components['schemas']['Sink']
type Replay = components['schemas']['Replay']

const EXAMPLES = `
A replay sends again what the sink has had already: in order, with the same ids, by its filters. Without a
running agent it is stored, and sent when the agent starts.

Examples:
  picket sinks list
  picket sinks replay siem --sequence 120-180
  picket sinks replay siem --since 2h
  picket sinks replay siem --flows --sequence 1-5000`

const COLUMNS: readonly Column<Sink>[] = [
  { title: 'name', text: ({ name }) => name },
  { title: 'type', text: ({ type }) => type },
  { title: 'state', text: stateWords },
  { title: 'position', text: ({ position }) => String(position), align: 'right' },
  { title: 'backlog', text: ({ backlog }) => String(backlog), align: 'right' },
  { title: 'sent', text: ({ sent }) => String(sent), align: 'right' },
  { title: 'left out', text: ({ withheld }) => String(withheld), align: 'right' },
  { title: 'held back', text: ({ heldBack }) => String(heldBack), align: 'right' },
  { title: 'lost', text: ({ lost }) => String(lost), align: 'right' },
  { title: 'flows behind', text: flowWords, align: 'right' },
  {
    title: 'trouble',
    text: ({ lastError, flows }) => lastError ?? flows?.lastError ?? '',
    mayWrap: true,
  },
]

interface ReplayOptions {
  readonly since?: string
  readonly sequence?: ReturnType<typeof numberRange>
  readonly flows?: boolean
}

/** Adds `sinks list` and `sinks replay`. */
export const addSinks: AddCommands = (program, run) => {
  const sinks = program
    .command('sinks')
    .description('where events go, and how far each sink has got')
    .addHelpText('after', EXAMPLES)
  sinks.command('list').description('list the sinks').action(run(listSinks))
  sinks
    .command('replay')
    .description('send a sink again what it has had')
    .argument('<name>', 'as configured')
    .option('--since <time>', 'what was recorded since a time, a day, or an age (2h)', pointInTime)
    .option('--sequence <range>', 'event states by number, such as 120-180', numberRange)
    .option('--flows', 'of flows, which have numbers of their own')
    .action(run<ReplayOptions>(replaySink))
}

async function listSinks({ context }: Invocation): Promise<number> {
  const commandContext = context()
  const { json, terminal } = commandContext
  const client = await openForReading(commandContext)
  try {
    const { items } = answerOf(await client.api.GET('/v1/sinks'))
    if (json) printJsonLines(items, terminal)
    else if (items.length === 0) terminal.writeError('no sink is configured\n')
    else printTable(terminal, COLUMNS, items)
    return EXIT.ok
  } finally {
    await client.close()
  }
}

async function replaySink(call: Invocation<ReplayOptions>): Promise<number> {
  const [sinkName = ''] = call.args
  const body = bodyFrom(call.options)
  const context = call.context()
  const client = await openForOrders(context)
  try {
    const params = { path: { sinkName } }
    const answer = answerOf(await client.api.POST('/v1/sinks/{sinkName}/replay', { params, body }))
    if (context.json) printJsonLines([answer], context.terminal)
    else
      context.terminal.write(
        `${replayWords(answer, call.options.flows ?? false, client.isAgent)}\n`,
      )
    return EXIT.ok
  } finally {
    await client.close()
  }
}

function bodyFrom({
  since,
  sequence,
  flows = false,
}: ReplayOptions): components['schemas']['ReplayRequest'] {
  if ((since === undefined) === (sequence === undefined)) {
    throw new PicketError('ERR_USAGE', 'a replay needs either --since or --sequence', {
      hint: 'picket sinks replay NAME --sequence 120-180',
    })
  }
  if (sequence === undefined) return { since: since!, flows }
  return { fromSequence: sequence.from, toSequence: sequence.to, flows }
}

function replayWords(
  { sink, fromSequence, toSequence, states, missing }: Replay,
  isOfFlows: boolean,
  isAgent: boolean,
) {
  const gone = missing === 0 ? '' : `; ${missing} of that range are no longer in the log`
  if (states === 0) return `nothing to send ${sink} again${gone}`
  const when = isAgent ? 'now' : 'when the agent starts'
  return `${sink} gets ${states} ${isOfFlows ? 'flows' : 'event states'} again ${when}, ${fromSequence} to ${toSequence}${gone}`
}

function flowWords({ flows }: Sink): string {
  return flows === null ? '–' : String(flows.backlog)
}

function stateWords({ state, replay }: Sink): string {
  if (replay === null) return state
  return `${state}, replaying ${replay.fromSequence}-${replay.toSequence} (${replay.position})`
}
