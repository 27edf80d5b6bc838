/** Commands as people name them: `help` before them, and those that there are not. */
import type { Command } from 'commander'
import { PicketError } from '../core/errors.ts'

/** The usage error for a name that none of the commands has, with the nearest or all that there are. */
export function unknownCommand(name: string, commands: readonly Command[]): PicketError {
  const known = commands.map((command) => command.name())
  const near = known.find((one) => one.startsWith(name) || name.startsWith(one))
  const hint = near === undefined ? `the commands are ${known.join(', ')}` : `did you mean ${near}?`
  return new PicketError('ERR_USAGE', `unknown command '${name}'`, { hint })
}

/**
 * Takes `help rules test` for `rules test --help`, since commander's own command knows one level of commands only.
 *
 * Errors: `ERR_USAGE` for a command that there is not, which commander would answer with the help above it.
 */
export function helpInWords(program: Command, argv: readonly string[]): readonly string[] {
  const [first, ...words] = argv
  if (first !== 'help') return argv
  let { commands } = program
  for (const word of words) {
    if (word.startsWith('-') || commands.length === 0) break
    const found = commands.find((command) => command.name() === word)
    if (found === undefined) throw unknownCommand(word, commands)
    ;({ commands } = found)
  }
  return [...words, '--help']
}
