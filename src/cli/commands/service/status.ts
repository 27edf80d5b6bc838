/** `picket status`: how the running agent fares. */
import { systemClock } from '../../../core/clock.ts'
import { answerOf, noAgent, openAgent } from '../../client.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { healthRows, type HealthRow } from '../../print/health-table.ts'
import { EXIT, printJsonLines } from '../../print/output.ts'
import { printable } from '../../print/printable.ts'
import { printTable, type Column } from '../../print/table.ts'

const COLUMNS: readonly Column<HealthRow>[] = [
  { title: 'part', text: ({ part }) => part },
  { title: 'state', text: ({ state }) => state },
  { title: 'detail', text: ({ detail }) => detail, mayWrap: true },
]

/** Adds `status`. */
export const addStatus: AddCommands = (program, run) => {
  program
    .command('status')
    .description('tell how the running agent fares; exit 1 if it does not run, or not in full')
    .addHelpText('after', '\nExamples:\n  picket status\n  picket status --json')
    .action(run(status))
}

async function status({ context }: Invocation): Promise<number> {
  const commandContext = context()
  const { json, terminal } = commandContext
  const client = await openAgent(commandContext)
  if (client === null) throw noAgent()
  try {
    const health = answerOf(await client.api.GET('/v1/health'))
    if (json) printJsonLines([health], terminal)
    else {
      printTable(terminal, COLUMNS, healthRows(health, systemClock.nowMs()))
      for (const problem of health.problems ?? [])
        terminal.write(`problem: ${printable(problem)}\n`)
    }
    return health.status === 'ok' ? EXIT.ok : EXIT.failure
  } finally {
    await client.close()
  }
}
