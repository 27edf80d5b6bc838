/** Reads the configuration: file, then environment, then checked and frozen. */
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { PicketError } from '../core/errors.ts'
import { parseYamlDocument } from '../core/schema/yaml.ts'
import { applyEnvironment } from './environment.ts'
import type { Config } from './schema.ts'
import { validateConfig } from './validate.ts'

export const DEFAULT_CONFIG_FILE = '/etc/picket/picket.yaml'

export interface ConfigSource {
  /** A YAML file; without it `/etc/picket/picket.yaml` where that exists, else defaults alone. */
  readonly file?: string | undefined
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * Gives the whole configuration with defaults filled in, frozen.
 *
 * Errors: `ERR_CONFIG_READ` (no such file, not YAML, with line and column), `ERR_CONFIG_INVALID` (all faults at once).
 */
export function loadConfig(source: ConfigSource = {}): Config {
  const file = source.file ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined)
  const document = file === undefined ? {} : readYaml(file)
  if (isPlainObject(document)) applyEnvironment(document, source.environment ?? {})
  return validateConfig(document, file ?? 'configuration')
}

/**
 * Gives the defaults, and of a file that cannot be used nothing but `record.dir`, where it can still be read: for
 * commands that must work whatever became of the configuration.
 */
export function salvagedConfig(source: ConfigSource = {}): Config {
  const dir = source.environment?.['PICKET__RECORD__DIR'] ?? writtenDirectory(source.file)
  return validateConfig(dir === undefined ? {} : { record: { dir } }, 'configuration')
}

function writtenDirectory(file = DEFAULT_CONFIG_FILE): string | undefined {
  try {
    const { record } = parseYamlDocument(readFileSync(file, 'utf8')).toJS({ maxAliasCount: 100 }) as { record?: { dir?: unknown } } // prettier-ignore
    return typeof record?.dir === 'string' && record.dir !== '' ? record.dir : undefined
  } catch {
    // Why it cannot be used has been told.
    return undefined
  }
}

/** Says which folder holds all state: the command line's, else the configuration's, else the usual one. */
export function dataDirectory(config: Config, commandLine?: string): string {
  const chosen = commandLine ?? config.record.dir
  if (chosen !== null && chosen !== undefined) return resolve(chosen)
  if (process.getuid?.() === 0) return '/var/lib/picket'
  return join(process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local/state'), 'picket')
}

function readYaml(file: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new PicketError('ERR_CONFIG_READ', `cannot read the configuration ${file}: ${reason}`, {
      cause,
      hint: 'name a readable YAML file with --config',
    })
  }
  try {
    return parsed(text) ?? {}
  } catch (cause) {
    throw new PicketError('ERR_CONFIG_READ', `${file} is not valid YAML: ${faultOf(cause)}`, {
      cause,
    })
  }
}

/** Errors: as the package throws them, for what it reads and for aliases that lead nowhere or too far. */
function parsed(text: string): unknown {
  const document = parseYamlDocument(text)
  const [error] = document.errors
  if (error) throw error
  // Aliases can blow a small file up; a configuration needs few.
  return document.toJS({ maxAliasCount: 100 })
}

function faultOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause)
  // The lines after the first show the place once more.
  return message
    .split('\n')[0]!
    .replace(/:$/, '')
    .replace(
      /^Source contains multiple documents;.*(?= at line)/,
      'it holds more than one document',
    )
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
