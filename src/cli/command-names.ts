/** Commands as people name them: `help` before them, and those that there are not. */
import type { Command } from 'commander'
import { PicketError } from '../core/errors.ts'
import { nearest } from '../core/text/nearest.ts'

/** The usage error for a name that none of the commands has, with the nearest or all that there are. */
export function unknownCommand(name: string, commands: readonly Command[]): PicketError {
  const known = commands.map((command) => command.name())
  const begun = known.find((one) => one.startsWith(name) || name.startsWith(one))
  const near = begun ?? nearest(name, known)
  const hint = near === null ? `the commands are ${known.join(', ')}` : `did you mean ${near}?`
  return new PicketError('ERR_USAGE', `unknown command '${name}'`, { hint })
}

/**
 * Takes `help rules test` for `rules test --help`, since commander's own command knows one level of commands only.
 *
 * Errors: `ERR_USAGE` for a command that there is not, which commander would answer with the help above it.
 */
export function helpInWords(program: Command, argv: readonly string[]): readonly string[] {
  const given = argv.slice(globalOptions(program, argv))
  const before = argv.slice(0, argv.length - given.length)
  const [first, ...words] = given
  if (first === 'help') {
    refuseUnknown(program, words)
    return [...before, ...words, '--help']
  }
  if (given.includes('--help') || given.includes('-h')) refuseUnknown(program, given)
  return argv
}

/** Gives the command that a command line names, as far as there is one, and the first word that names none. */
export function commandMeant(
  program: Command,
  argv: readonly string[],
): { readonly command: Command; readonly unknown: string | undefined } {
  let command = program
  for (const word of argv.slice(globalOptions(program, argv))) {
    const found = command.commands.find((one) => one.name() === word)
    if (found === undefined) return { command, unknown: word }
    command = found
  }
  return { command, unknown: undefined }
}

/** How a command is typed, after `picket`. */
export function commandLine(command: Command): string {
  const { parent } = command
  return parent === null ? '' : `${commandLine(parent)} ${command.name()}`.trimStart()
}

/** Counts the words, options of the program and their values, that stand before the command. */
function globalOptions(program: Command, argv: readonly string[]): number {
  let at = 0
  while (argv[at]?.startsWith('-') === true) {
    const option = program.options.find(({ long, short }) => [long, short].includes(argv[at]))
    at += option?.required === true ? 2 : 1
  }
  return at
}

function refuseUnknown({ commands }: Command, words: readonly string[]): void {
  const [word] = words
  if (word === undefined || word.startsWith('-') || commands.length === 0) return
  const found = commands.find((command) => command.name() === word)
  if (found === undefined) throw unknownCommand(word, commands)
  refuseUnknown(found, words.slice(1))
}
