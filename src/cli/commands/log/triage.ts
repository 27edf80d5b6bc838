/** `picket incidents`, `verdict`, `verdicts`, `suppress`, `suppressions`, `unsuppress`: what people make of events. */
import { counted } from '../../../core/text/amount.ts'
import type { components } from '../../../../openapi/contract.d.ts'
import { pointInTime, secondsOrNever, wholeNumber } from '../../arguments.ts'
import { answerOf, noAgent, openAgent, openForReading, type ApiClient } from '../../client.ts'
import type { CommandContext } from '../../context.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { clockTime, EXIT, printJsonLines } from '../../print/output.ts'
import { exportJudgedCaptures } from '../../evaluation/judged-captures.ts'
import { openRecordForReading } from '../../record-access.ts'
import { printTable, type Column } from '../../print/table.ts'
import { listThrough, withLimit } from '../listing.ts'

type Schemas = components['schemas']
type Suppression = Schemas['Suppression']

interface IncidentOptions {
  readonly limit: number
  readonly from?: string
  readonly minSeverity?: number
  readonly party?: string
}

interface ScopeOptions {
  readonly detector?: string
  readonly kind?: string
  readonly address?: string
  readonly victim?: string
  readonly port?: number
  readonly process?: string
  /** s. */
  readonly ttl?: number | 'never'
  readonly reason?: string
}

const INCIDENTS: readonly Column<Schemas['Incident']>[] = [
  { title: 'last seen (UTC)', text: ({ lastSeen }) => clockTime(lastSeen) },
  { title: 'sev', text: ({ severity }) => String(severity), align: 'right' },
  { title: 'party', text: ({ party }) => party },
  { title: 'role', text: ({ role }) => role },
  { title: 'events', text: ({ events }) => String(events), align: 'right' },
  { title: 'id', text: ({ id }) => id },
  { title: 'kinds', text: kindsAndStory, mayWrap: true },
]

const SUPPRESSIONS: readonly Column<Suppression>[] = [
  { title: 'id', text: ({ id }) => id },
  { title: 'covers', text: scopeWords, mayWrap: true },
  { title: 'hidden', text: ({ hidden }) => String(hidden), align: 'right' },
  { title: 'until (UTC)', text: untilWords },
  { title: 'by', text: ({ createdBy }) => createdBy },
  { title: 'why', text: ({ reason }) => reason, mayWrap: true },
]

const FIGURES: readonly Column<Schemas['VerdictFigures']>[] = [
  { title: 'kind', text: ({ kind }) => kind },
  { title: 'detector', text: ({ detector }) => detector ?? '-' },
  { title: 'events', text: ({ events }) => String(events), align: 'right' },
  { title: 'true', text: ({ truePositives }) => String(truePositives), align: 'right' },
  { title: 'false', text: ({ falsePositives }) => String(falsePositives), align: 'right' },
  { title: 'false rate', text: ({ falsePositiveRate }) => rate(falsePositiveRate), align: 'right' },
]

/** Adds the commands. */
export const addTriage: AddCommands = (program, run) => {
  withLimit(program.command('incidents'))
    .description('list incidents: related events, joined by whom they are about')
    .option('--from <time>', 'nothing that ended before: a time, a day, or an age', pointInTime)
    .option('--min-severity <n>', 'the least severity, 0 to 10', wholeNumber(0, 10))
    .option('--party <address>', 'of whom it is about')
    .addHelpText('after', '\nExamples:\n  picket incidents --from 1d --min-severity 6')
    .action(run<IncidentOptions>(listIncidents))
  addVerdicts(program, run)
  addSuppressions(program, run)
}

const addVerdicts: AddCommands = (program, run) => {
  program
    .command('verdict')
    .argument('<event>', "the event's id")
    .argument('<verdict>', 'true-positive or false-positive')
    .option('--reason <text>', 'why')
    .description('say whether an event told of an attack')
    .action(run<{ reason?: string }>(giveVerdict))
  const verdicts = program
    .command('verdicts')
    .description('how each kind of event has been judged, with its rate of false positives')
    .action(run(listVerdicts))
  verdicts
    .command('export')
    .argument('<dir>', 'a new folder')
    .description('write the packets of judged events as labelled captures, for train and evaluate')
    .addHelpText(
      'after',
      '\nExamples:\n  picket verdicts export ./judged\n  picket train --truth ./judged/truth.json --captures ./judged',
    )
    .action(run(exportVerdicts))
}

const addSuppressions: AddCommands = (program, run) => {
  withScope(program.command('suppress'))
    .description('hide what fits, from now on; to never block somebody, allowlist it')
    .addHelpText(
      'after',
      "\nExamples:\n  picket suppress --detector port-scan --address 10.0.0.9 --reason 'our scanner' --ttl 30d",
    )
    .action(run<ScopeOptions>(suppress))
  program
    .command('suppressions')
    .description('list what is hidden, with a count')
    .option('--ended', 'those lifted or expired too')
    .action(run<{ ended?: true }>(listSuppressions))
  program
    .command('unsuppress')
    .argument('<id>', 'as `picket suppressions` shows it')
    .description('show again what a suppression hid')
    .action(run(unsuppress))
}

function withScope(command: Parameters<AddCommands>[0]): Parameters<AddCommands>[0] {
  return command
    .option('--detector <name>', 'only of this detector')
    .option('--kind <kind>', 'only this kind, or kinds that begin with it')
    .option('--address <range>', 'only of this attacker or host')
    .option('--victim <range>', 'only where all victims lie in this range')
    .option('--port <n>', 'only about this one port', wholeNumber(0, 65535))
    .option('--process <name>', 'only of this local process: command name or path')
    .option(
      '--ttl <time>',
      'how long: 600, 10m, 30d, or never to end (default: never)',
      secondsOrNever,
    )
    .requiredOption('--reason <text>', 'why, for whoever reads it later')
}

async function listIncidents({ options, context }: Invocation<IncidentOptions>): Promise<number> {
  const commandContext = context()
  const { limit, ...filters } = options
  const items = await listThrough(commandContext, limit, 'no incidents', async ({ api }, at) =>
    answerOf(await api.GET('/v1/incidents', { params: { query: { ...filters, ...at } } })),
  )
  print(items, INCIDENTS, commandContext)
  return EXIT.ok
}

async function giveVerdict(call: Invocation<{ reason?: string }>): Promise<number> {
  const [eventId = '', verdict = ''] = call.args
  const body = { verdict: verdict as Schemas['VerdictRequest']['verdict'], ...call.options }
  const params = { path: { eventId } }
  return withAgent(call.context(), async ({ api }, context) => {
    const given = answerOf(await api.POST('/v1/events/{eventId}/verdict', { params, body }))
    if (context.json) printJsonLines([given], context.terminal)
    else context.terminal.write(`${given.kind} of ${given.detector}: ${given.verdict}\n`)
  })
}

async function listVerdicts({ context }: Invocation): Promise<number> {
  return withReader(context(), async ({ api }, commandContext) => {
    print(answerOf(await api.GET('/v1/verdicts')).items, FIGURES, commandContext)
  })
}

async function exportVerdicts({ args: [folder = ''], context }: Invocation): Promise<number> {
  const commandContext = context()
  const record = await openRecordForReading(commandContext)
  try {
    const { captures, without } = exportJudgedCaptures(record, folder)
    const left =
      without > 0
        ? `; ${counted(without, 'judged event has', 'judged events have')} no packets any more`
        : ''
    commandContext.terminal.writeError(
      `${counted(captures, 'capture')} and truth.json in ${folder}${left}\n`,
    )
    return captures > 0 ? EXIT.ok : EXIT.failure
  } finally {
    await record.close()
  }
}

async function suppress({ options, context }: Invocation<ScopeOptions>): Promise<number> {
  const { ttl, reason = '', ...scope } = options
  const body = { ...scope, reason, ttlSeconds: ttl === undefined || ttl === 'never' ? null : ttl }
  return withAgent(context(), async ({ api }, commandContext) => {
    const made = answerOf(await api.POST('/v1/suppressions', { body }))
    print([made], SUPPRESSIONS, commandContext)
  })
}

async function listSuppressions(call: Invocation<{ ended?: true }>): Promise<number> {
  const query = { ended: call.options.ended ?? false }
  return withReader(call.context(), async ({ api }, context) => {
    const { items } = answerOf(await api.GET('/v1/suppressions', { params: { query } }))
    print(items, SUPPRESSIONS, context)
  })
}

async function unsuppress({ args: [suppressionId = ''], context }: Invocation): Promise<number> {
  const params = { path: { suppressionId } }
  return withAgent(context(), async ({ api }, commandContext) => {
    const lifted = answerOf(await api.DELETE('/v1/suppressions/{suppressionId}', { params }))
    print([lifted], SUPPRESSIONS, commandContext)
  })
}

type Use = (client: ApiClient, context: CommandContext) => Promise<void>

async function withAgent(context: CommandContext, use: Use): Promise<number> {
  const client = await openAgent(context)
  if (client === null) throw noAgent()
  return using(client, context, use)
}

async function withReader(context: CommandContext, use: Use): Promise<number> {
  return using(await openForReading(context), context, use)
}

async function using(client: ApiClient, context: CommandContext, use: Use): Promise<number> {
  try {
    await use(client, context)
    return EXIT.ok
  } finally {
    await client.close()
  }
}

function print<Item extends object>(
  items: readonly Item[],
  columns: readonly Column<Item>[],
  { json, terminal }: CommandContext,
): void {
  if (json) printJsonLines(items, terminal)
  else printTable(terminal, columns, items)
}

/** What happened, and how whom it is about came to do so. */
function kindsAndStory({ kinds, follows, ledTo }: Schemas['Incident']): string {
  const before = follows === null ? [] : [follows.story]
  const after = ledTo.length === 0 ? [] : [`led to ${ledTo.join(', ')}`]
  return [kinds.join(', '), ...before, ...after].join('; ')
}

function scopeWords(suppression: Suppression): string {
  const { detector, kind, address, victim, port, process } = suppression
  return Object.entries({ detector, kind, address, victim, port, process })
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

function untilWords({ expiresAt, liftedAt }: Suppression): string {
  if (liftedAt !== null) return `lifted ${clockTime(liftedAt)}`
  return expiresAt === null ? 'never ends' : clockTime(expiresAt)
}

const rate = (share: number | null): string =>
  share === null ? '-' : `${(share * 100).toFixed(0)} %`
