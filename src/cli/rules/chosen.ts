/** The rules that a command works on: those named on the command line, or those that the agent would read. */
import { existsSync } from 'node:fs'
import { PicketError } from '../../core/errors.ts'
import {
  compileRules,
  readFolder,
  readRules,
  type ReadRules,
  type RuleBook,
  type RuleFault,
} from '../../detect/index.ts'
import type { CommandContext } from '../context.ts'
import type { Terminal } from '../print/terminal.ts'

export interface ChosenRules extends ReadRules {
  readonly book: RuleBook
}

/** Reads and compiles; `paths` null stands for the rules in force. Errors: `ERR_USAGE` for a path that is not there. */
export function chosenRules(paths: readonly string[] | null, context: CommandContext): ChosenRules {
  const { sigma } = context.config.detect
  const read = paths === null ? readRules(sigma, context.directory) : readPaths(paths)
  const book = compileRules(read.texts, {
    disabled: paths === null ? sigma.disabled : [],
    placeholders: sigma.placeholders,
  })
  return { ...read, book, faults: [...read.faults, ...book.faults] }
}

/** Writes each fault as `file:line:column: reason`, as compilers do. */
export function writeFaults(faults: readonly RuleFault[], terminal: Terminal): void {
  for (const fault of faults) terminal.writeError(`${faultWords(fault)}\n`)
}

export const faultWords = ({ file, line, column, reason }: RuleFault): string =>
  `${file}:${line}:${column}: ${reason}`

function readPaths(paths: readonly string[]): ReadRules {
  const read = paths.map((path) => {
    if (existsSync(path)) return readFolder(path, 'user')
    throw new PicketError('ERR_USAGE', `there is no ${path}`, {
      hint: 'name a rule file (*.yaml, *.yml) or a folder of them',
    })
  })
  return {
    texts: read.flatMap(({ texts }) => texts),
    faults: read.flatMap(({ faults }) => faults),
  }
}
