/** What every command works with: the configuration, the data folder, and where to print. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { dataDirectory, loadConfig, salvagedConfig, type Config } from '../config/index.ts'
import { PicketError } from '../core/errors.ts'
import type { PrintOptions } from './print/output.ts'
import { printable } from './print/printable.ts'
import type { Terminal } from './print/terminal.ts'

/** The options that every command takes, before or after its name. */
export interface GlobalOptions {
  /** `--config FILE`. */
  readonly config?: string
  /** `--data-dir DIR`. */
  readonly dataDir?: string
  /** `--json`. */
  readonly json?: boolean
}

/** The world outside, handed in so that tests can be one. */
export interface CliWorld {
  readonly terminal: Terminal
  readonly environment: Readonly<Record<string, string | undefined>>
}

export interface CommandContext extends PrintOptions {
  readonly config: Config
  /** The file named with `--config`, if any. */
  readonly configFile: string | undefined
  /** The data folder; it may not exist yet. */
  readonly directory: string
  /** What `--data-dir` said, to be repeated in commands that we suggest; null without it. */
  readonly directoryOption: string | null
  /** How this program is called here: `picket`, or `npm start --`. */
  readonly program: string
  /** The running agent's unix socket, if one runs. */
  readonly socketPath: string
}

/**
 * Loads the configuration and finds the data folder.
 *
 * Errors: `ERR_CONFIG_READ`, `ERR_CONFIG_INVALID`; `ERR_USAGE` where the data folder is none.
 */
export function commandContext(options: GlobalOptions, world: CliWorld): CommandContext {
  const context = loadedContext(options, world)
  const { directory } = context
  if (isSomethingElse(directory)) {
    const hint = 'name the folder that holds picket.db, with --data-dir or record.dir'
    throw new PicketError('ERR_USAGE', `the data folder ${directory} is no folder`, { hint })
  }
  return context
}

/** What may not even be looked at is for the command to complain of, which knows what it wanted there. */
function isSomethingElse(directory: string): boolean {
  try {
    return !statSync(directory).isDirectory()
  } catch {
    return false
  }
}

function loadedContext(options: GlobalOptions, world: CliWorld): CommandContext {
  const config = loadConfig({ file: options.config, environment: world.environment })
  return contextWith(config, options, world)
}

/** As `commandContext`, but of a configuration that cannot be used it says so and goes on with the defaults. */
export function rescueContext(options: GlobalOptions, world: CliWorld): CommandContext {
  try {
    return loadedContext(options, world)
  } catch (error) {
    if (!(error instanceof PicketError)) throw error
    const { config: file, ...others } = options
    const config = salvagedConfig({ file, environment: world.environment })
    const context = contextWith(config, others, world)
    const told = `going on with the defaults, on the data folder ${context.directory}`
    world.terminal.writeError(`picket: ${printable(error.message)}\npicket: ${told}\n`)
    return context
  }
}

function contextWith(config: Config, options: GlobalOptions, world: CliWorld): CommandContext {
  const directory = dataDirectory(config, options.dataDir)
  return {
    config,
    configFile: options.config,
    directory,
    directoryOption: options.dataDir ?? null,
    program: programName(world.environment),
    socketPath: join(directory, 'picket.sock'),
    terminal: world.terminal,
    json: options.json === true,
  }
}

/** Says how the reader calls us, for the commands that we suggest. */
function programName(environment: CliWorld['environment']): string {
  return environment['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'picket'
}
