/** The command line: argv in, exit code out. */
import { CommanderError } from 'commander'
import { helpInWords } from './command-names.ts'
import type { CliWorld } from './context.ts'
import { EXIT, printFailure } from './print/output.ts'
import { buildProgram, isHelp, usageError } from './program.ts'
import { processTerminal } from './print/terminal.ts'

/**
 * Runs one command line (without the program's own name) and gives its exit code.
 *
 * Errors: none; failures are printed as `picket: message` and `hint:` on standard error.
 */
export async function runCli(
  argv: readonly string[],
  world: CliWorld = { terminal: processTerminal(), environment: process.env },
): Promise<number> {
  let exitCode: number = EXIT.ok
  const program = buildProgram(world, (code) => (exitCode = code))
  try {
    await program.parseAsync(helpInWords(program, argv), { from: 'user' })
    return exitCode
  } catch (error) {
    if (!(error instanceof CommanderError)) return printFailure(error, world.terminal)
    if (isHelp(error)) return EXIT.ok
    if (error.code === 'commander.help') return EXIT.usage
    return printFailure(usageError(error, program, argv), world.terminal)
  }
}
