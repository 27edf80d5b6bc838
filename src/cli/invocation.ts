/** How a command is entered: its options and arguments, and the context once it wants one. */
import type { Command } from 'commander'
import type { CliWorld, CommandContext, GlobalOptions } from './context.ts'

/** One call of one command. */
export interface Invocation<Options extends object = object> {
  readonly options: Options
  readonly args: readonly string[]
  readonly globals: GlobalOptions
  readonly world: CliWorld
  /** Loads the configuration; not done before, so that `doctor` and `config check` can tell what is wrong with it. */
  context(): CommandContext
  /** As `context`, for what must work with a broken configuration too. */
  rescueContext(): CommandContext
}

/** What a command does; gives the exit code. */
export type Work<Options extends object> = (invocation: Invocation<Options>) => Promise<number>

/** Turns a command's work into commander's action. */
export type Runner = <Options extends object>(
  work: Work<Options>,
) => (...given: unknown[]) => Promise<void>

/** Adds commands to the program. */
export type AddCommands = (program: Command, run: Runner) => void
