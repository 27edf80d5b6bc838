/** `picket token`: who may use the API. Speaks to the record itself, so it works with and without an agent. */
import { rfc3339FromUs, systemClock } from '../../../core/clock.ts'
import { PicketError } from '../../../core/errors.ts'
import type { EventRecord } from '../../../record/record.ts'
import { formatCidr, parseCidr } from '../../../net/cidr.ts'
import type { Scope, StoredToken } from '../../../record/logs/api/token-store.ts'
import { scopeList, secondsOrNever } from '../../arguments.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { clockTime, EXIT, printJsonLines } from '../../print/output.ts'
import { jsonLine } from '../../print/printable.ts'
import { localActor, openRecordForReading, openRecordForWriting } from '../../record-access.ts'
import { printFields, printTable, type Column } from '../../print/table.ts'

interface CreateOptions {
  readonly scopes: readonly Scope[]
  readonly description?: string
  /** s. */
  readonly expires?: number | 'never'
  readonly network?: readonly string[]
}

const COLUMNS: readonly Column<StoredToken>[] = [
  { title: 'id', text: (token) => token.id },
  { title: 'scopes', text: (token) => token.scopes.join(',') },
  { title: 'from', text: ({ networks }) => networks.join(' ') || 'everywhere' },
  { title: 'made (UTC)', text: (token) => clockTime(rfc3339FromUs(token.createdAtMs * 1000)) },
  { title: 'state', text: stateWords },
  { title: 'for', text: (token) => token.description ?? '', mayWrap: true },
]

/** Adds `token create`, `token list` and `token revoke`. */
export const addTokens: AddCommands = (program, run) => {
  const token = program.command('token').description('make, list and revoke API tokens')
  token
    .command('create')
    .description('make a token and print it, once')
    .option('--scopes <list>', 'read, block, admin; by commas', scopeList, ['read'] as Scope[])
    .option('--description <text>', 'what it is for')
    .option('--network <cidr...>', 'from where alone it is good, such as 192.0.2.0/24')
    .option('--expires <time>', 'how long it is good: 30d, 12h, or never', secondsOrNever)
    .addHelpText(
      'after',
      "\nExamples:\n  picket token create --scopes read --description 'SIEM search'\n  picket token create --scopes read,block --expires 30d --network 192.0.2.0/24 --json",
    )
    .action(run<CreateOptions>(create))
  token.command('list').description('list tokens, without their secrets').action(run(list))
  token
    .command('revoke')
    .argument('<id>', 'as `picket token list` shows it')
    .description('withdraw a token at once')
    .action(run(revoke))
}

async function create({ options, context }: Invocation<CreateOptions>): Promise<number> {
  const commandContext = context()
  const { terminal, json } = commandContext
  const { expires = 'never' } = options
  const { apiToken, createToken } = await import('../../../api/index.ts')
  const made = await withRecord(openRecordForWriting(commandContext), (record) =>
    createToken(record.tokens, systemClock, {
      scopes: options.scopes,
      description: options.description ?? null,
      networks: (options.network ?? []).map(canonicalNetwork),
      expiresAtMs: expires === 'never' ? null : systemClock.nowMs() + expires * 1000,
      actor: localActor(),
    }),
  )
  const { id, ...facts } = apiToken(made.stored)
  const shown = { id, token: made.token, ...facts }
  if (json) {
    terminal.write(`${jsonLine(shown)}\n`)
    return EXIT.ok
  }
  printFields(terminal, [
    ['token', shown.token],
    ['id', shown.id],
    ['scopes', shown.scopes.join(',')],
    ['from', shown.networks.join(', ') || 'everywhere'],
    ['expires', shown.expiresAt ?? 'never'],
  ])
  terminal.writeError('keep it now: it is not stored and cannot be shown again\n')
  return EXIT.ok
}

async function list({ context }: Invocation): Promise<number> {
  const commandContext = context()
  const tokens = await withRecord(openRecordForReading(commandContext), (record) =>
    record.tokens.list(),
  )
  const { terminal, json } = commandContext
  const { apiToken } = await import('../../../api/index.ts')
  if (json) printJsonLines(tokens.map(apiToken), terminal)
  else printTable(terminal, COLUMNS, tokens)
  if (tokens.length === 0 && !json) terminal.writeError('no tokens\n')
  return EXIT.ok
}

async function revoke({ args, context }: Invocation): Promise<number> {
  const commandContext = context()
  const id = args[0] ?? ''
  const { apiToken, revokeToken } = await import('../../../api/index.ts')
  const revoked = await withRecord(openRecordForWriting(commandContext), (record) =>
    revokeToken(record.tokens, systemClock, id, localActor()),
  )
  if (revoked === null) {
    throw new PicketError('ERR_API_REQUEST', `there is no token with the id ${id}`, {
      hint: 'picket token list shows the ids',
    })
  }
  const { terminal, json } = commandContext
  if (json) terminal.write(`${jsonLine(apiToken(revoked))}\n`)
  else terminal.write(`revoked ${revoked.id}\n`)
  return EXIT.ok
}

async function withRecord<Result>(
  opening: Promise<EventRecord>,
  work: (record: EventRecord) => Result | Promise<Result>,
): Promise<Result> {
  const record = await opening
  try {
    return await work(record)
  } finally {
    await record.close()
  }
}

function canonicalNetwork(text: string): string {
  const cidr = parseCidr(text)
  if (cidr !== null) return formatCidr(cidr)
  throw new PicketError(
    'ERR_USAGE',
    `--network ${text} is no address and no range in CIDR notation`,
  )
}

function stateWords({ revokedAtMs, expiresAtMs }: StoredToken): string {
  if (revokedAtMs !== null) return 'revoked'
  if (expiresAtMs === null) return 'valid'
  const until = clockTime(rfc3339FromUs(expiresAtMs * 1000))
  return expiresAtMs <= systemClock.nowMs() ? 'expired' : `valid until ${until}`
}
