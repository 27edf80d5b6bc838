/** `picket allowlist`: who is never blocked, beside `policy.allowlist`. */
import type { components } from '../../../../openapi/contract.d.ts'
import { PicketError } from '../../../core/errors.ts'
import { formatCidr, parseCidr } from '../../../net/cidr.ts'
import { secondsOrNever } from '../../arguments.ts'
import { answerOf, noAgent, openAgent, openForReading, type ApiClient } from '../../client.ts'
import type { CommandContext } from '../../context.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { requireId } from '../../blocking/targets.ts'
import { clockTime, EXIT, printJsonLines } from '../../print/output.ts'
import { printTable, type Column } from '../../print/table.ts'

type Entry = components['schemas']['AllowlistEntry']

interface AddOptions {
  readonly comment: string
  /** s. */
  readonly ttl?: number | 'never'
}

const COLUMNS: readonly Column<Entry>[] = [
  { title: 'range', text: ({ range }) => range },
  {
    title: 'until (UTC)',
    text: ({ expiresAt }) => (expiresAt ? clockTime(expiresAt) : 'for good'),
  },
  { title: 'by', text: ({ createdBy }) => createdBy },
  { title: 'id', text: ({ id }) => id },
  { title: 'why', text: ({ comment }) => comment, mayWrap: true },
]

/** Adds `allowlist` with `add` and `remove`. */
export const addAllowlist: AddCommands = (program, run) => {
  const allowlist = program
    .command('allowlist')
    .description('list who is never blocked, beside policy.allowlist')
    .action(run(listEntries))
  allowlist
    .command('add')
    .argument('<range>', 'an address, or a range in CIDR notation')
    .requiredOption('--comment <text>', 'whose it is, and why')
    .option('--ttl <time>', 'how long: 30d, 1w, or never to end (default: never)', secondsOrNever)
    .description('never block an address or a range; blocks that touch it are lifted')
    .addHelpText(
      'after',
      "\nExamples:\n  picket allowlist add 192.0.2.64/28 --comment 'our scanner'",
    )
    .action(run<AddOptions>(addEntry))
  allowlist
    .command('remove')
    .argument('<entry>', 'the range, or the id of the entry')
    .description('let it be blocked again')
    .action(run(removeEntry))
}

async function listEntries({ context }: Invocation<object>): Promise<number> {
  const commandContext = context()
  const client = await openForReading(commandContext)
  try {
    const { items } = answerOf(await client.api.GET('/v1/allowlist', {}))
    if (items.length === 0) commandContext.terminal.writeError('nobody is on the allowlist\n')
    printEntries(items, commandContext)
    return EXIT.ok
  } finally {
    await client.close()
  }
}

async function addEntry({ args, options, context }: Invocation<AddOptions>): Promise<number> {
  const { comment, ttl } = options
  const ttlSeconds = ttl === undefined || ttl === 'never' ? null : ttl
  return withAgent(context(), async ({ api }, commandContext) => {
    const body = { range: args[0] ?? '', comment, ttlSeconds }
    const entry = answerOf(await api.POST('/v1/allowlist', { body }))
    const { length } = entry.liftedBlocks
    if (length > 0) commandContext.terminal.writeError(`blocks lifted: ${length}\n`)
    printEntries([entry], commandContext)
  })
}

async function removeEntry({ args, context }: Invocation<object>): Promise<number> {
  return withAgent(context(), async ({ api }, commandContext) => {
    const entryId = await idOf(api, args[0] ?? '')
    const params = { path: { entryId } }
    const removed = answerOf(await api.DELETE('/v1/allowlist/{entryId}', { params }))
    printEntries([removed], commandContext)
  })
}

async function withAgent(
  context: CommandContext,
  work: (client: ApiClient, context: CommandContext) => Promise<void>,
): Promise<number> {
  const client = await openAgent(context)
  if (client === null) throw noAgent()
  try {
    await work(client, context)
    return EXIT.ok
  } finally {
    await client.close()
  }
}

/** Finds the entry of exactly this range, or the one with this id. Errors: `ERR_USAGE`, `ERR_API_REQUEST`. */
async function idOf(api: ApiClient['api'], text: string): Promise<string> {
  const range = parseCidr(text)
  if (range === null) return requireId(text)
  const { items } = answerOf(await api.GET('/v1/allowlist', {}))
  const found = items.find((entry) => entry.range === formatCidr(range))
  if (found !== undefined) return found.id
  throw new PicketError('ERR_API_REQUEST', `${formatCidr(range)} is not on the allowlist`, {
    hint: 'picket allowlist lists who is',
  })
}

function printEntries(entries: readonly Entry[], { json, terminal }: CommandContext): void {
  if (json) printJsonLines(entries, terminal)
  else if (entries.length > 0) printTable(terminal, COLUMNS, entries)
}
