/** `picket audit`: who changed what, and whether the trail of it is whole. */
import { counted } from '../../../core/text/amount.ts'
import type { components, operations } from '../../../../openapi/contract.d.ts'
import { PicketError } from '../../../core/errors.ts'
import { pointInTime } from '../../arguments.ts'
import { answerOf, openForReading } from '../../client.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { clockTime, EXIT, printJsonLines } from '../../print/output.ts'
import { jsonLine } from '../../print/printable.ts'
import { printTable, type Column } from '../../print/table.ts'
import { listThrough, withLimit } from '../listing.ts'

type ListOptions = NonNullable<operations['listAudit']['parameters']['query']> & { limit: number }
type AuditRow = components['schemas']['AuditRow']

interface VerifyOptions {
  readonly head?: string
}

const LIST_EXAMPLES = `
Examples:
  picket audit list --from 24h
  picket audit list --actor token --action block --json`

const VERIFY_EXAMPLES = `
Exit code 1 when the trail is not what it was. Rows cut off at its end, or a trail written anew, show only by a
head that was kept elsewhere: the SIEM is told it at intervals, and this command prints it.

Examples:
  picket audit verify
  picket audit verify --head 41:3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea`

const COLUMNS: readonly Column<AuditRow>[] = [
  { title: 'row', text: (row) => String(row.id), align: 'right' },
  { title: 'time (UTC)', text: (row) => clockTime(row.at) },
  { title: 'actor', text: (row) => (row.peer === null ? row.actor : `${row.actor} @${row.peer}`) },
  { title: 'action', text: (row) => row.action },
  { title: 'subject', text: (row) => row.subject },
  { title: 'details', text: (row) => JSON.stringify(row.details), mayWrap: true },
]

/** Adds `audit list` and `audit verify`. */
export const addAudit: AddCommands = (program, run) => {
  const audit = program.command('audit').description('tell who changed what')
  withLimit(audit.command('list').description('list every change, newest first'))
    .option('--from <time>', 'nothing before: a time, a day, or an age such as 2h', pointInTime)
    .option('--to <time>', 'nothing at or after', pointInTime)
    .option('--actor <actor>', 'who did it, such as token, token:ID, policy or agent')
    .option('--action <action>', 'what was done, such as block or block.lifted')
    .option('--subject <subject>', 'what it was done to, such as the id of a block')
    .addHelpText('after', LIST_EXAMPLES)
    .action(run<ListOptions>(list))
  audit
    .command('verify')
    .description('find rows that were edited, taken out, put in or moved')
    .option('--head <id:hash>', 'a head that was kept elsewhere')
    .addHelpText('after', VERIFY_EXAMPLES)
    .action(run<VerifyOptions>(verify))
}

async function list({ options, context }: Invocation<ListOptions>): Promise<number> {
  const commandContext = context()
  const { limit, ...filters } = options
  const rows = await listThrough(commandContext, limit, 'no changes', async ({ api }, position) =>
    answerOf(await api.GET('/v1/audit', { params: { query: { ...filters, ...position } } })),
  )
  const { terminal, json } = commandContext
  if (json) printJsonLines(rows, terminal)
  else printTable(terminal, COLUMNS, rows)
  return EXIT.ok
}

async function verify({ options, context }: Invocation<VerifyOptions>): Promise<number> {
  const { head } = options
  if (head !== undefined && !/^[0-9]{1,15}:[0-9a-f]{64}$/.test(head)) {
    throw new PicketError('ERR_USAGE', `--head is ${head}; give ID:HASH`, {
      hint: 'the hash has 64 hexadecimal digits; picket audit verify prints the present head so',
    })
  }
  const commandContext = context()
  const client = await openForReading(commandContext)
  try {
    const query = head === undefined ? {} : { head }
    const found = answerOf(await client.api.GET('/v1/audit/verify', { params: { query } }))
    const { terminal, json } = commandContext
    terminal.write(json ? `${jsonLine(found)}\n` : `${findingWords(found)}\n`)
    return found.isIntact ? EXIT.ok : EXIT.failure
  } finally {
    await client.close()
  }
}

function findingWords(found: components['schemas']['AuditFinding']): string {
  const { rows, head, problems } = found
  const count = counted(rows, 'row')
  const told = found.isIntact
    ? [`intact: ${count}`]
    : [`NOT intact: ${count}`, ...problems.map(({ problem }) => `  ${problem}`)]
  return [...told, `head ${head.id}:${head.hash}`].join('\n')
}
