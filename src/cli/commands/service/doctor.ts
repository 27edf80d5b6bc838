/** `picket doctor`: what is missing on this host, and how to mend it. */
import { PicketError } from '../../../core/errors.ts'
import type { CommandContext } from '../../context.ts'
import type { CheckResult } from '../../host-checks.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { EXIT, printJsonLines } from '../../print/output.ts'
import { printTable, type Column } from '../../print/table.ts'

const COLUMNS: readonly Column<CheckResult>[] = [
  { title: 'check', text: (result) => result.check },
  { title: 'state', text: (result) => result.state },
  { title: 'found', text: foundWords, mayWrap: true },
]

/** Adds `doctor`. */
export const addDoctor: AddCommands = (program, run) => {
  program
    .command('doctor')
    .description(
      'say what is missing on this host and how to mend it; exit 1 if the agent cannot do without',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  picket doctor\n  picket doctor --json --config ./picket.yaml',
    )
    .action(run(doctor))
}

async function doctor({ globals, world, context }: Invocation): Promise<number> {
  const { checkHost } = await import('../../host-checks.ts')
  const { result, commandContext } = checkConfiguration(context)
  const results = [result, ...(await checkHost(commandContext))]
  if (globals.json === true) printJsonLines(results, world.terminal)
  else printTable(world.terminal, COLUMNS, results)
  return results.some(({ state }) => state === 'missing') ? EXIT.failure : EXIT.ok
}

function checkConfiguration(context: () => CommandContext): {
  readonly result: CheckResult
  readonly commandContext: CommandContext | null
} {
  const check = 'configuration'
  try {
    return { result: { check, state: 'ok', found: 'valid', fix: null }, commandContext: context() }
  } catch (error) {
    if (!(error instanceof PicketError)) throw error
    const fix = error.hint ?? null
    return { result: { check, state: 'missing', found: error.message, fix }, commandContext: null }
  }
}

function foundWords({ found, fix }: CheckResult): string {
  return fix === null ? found : `${found}; to mend it: ${fix}`
}
