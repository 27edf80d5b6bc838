/** `picket config`: check the configuration, print it as it is in force, print its reference. */
import { existsSync, readFileSync } from 'node:fs'
import {
  DEFAULT_CONFIG_FILE,
  redacted,
  unknownPolicyNames,
  unreadableFiles,
} from '../../../config/index.ts'
import { PicketError } from '../../../core/errors.ts'
import { packagedFile } from '../../../core/files/package-root.ts'
import { toYaml } from '../../../core/schema/yaml.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { EXIT } from '../../print/output.ts'
import { jsonLine } from '../../print/printable.ts'

/** What is checked where no file is named and there is none. */
const DEFAULTS = `the defaults (there is no ${DEFAULT_CONFIG_FILE})`

/** Adds `config check`, `config print` and `config reference`. */
export const addConfig: AddCommands = (program, run) => {
  const config = program.command('config').description('check, print and explain the configuration')
  config
    .command('check')
    .description('say whether the configuration is valid, with every fault')
    .addHelpText('after', '\nExamples:\n  picket config check --config ./picket.yaml')
    .action(run(check))
  config
    .command('print')
    .description(
      'print the configuration in force, defaults and overrides included, secrets left out',
    )
    .addHelpText('after', '\nExamples:\n  picket config print --json')
    .action(run(print))
  config
    .command('reference')
    .description('print every key with its default and what it means; with --json as JSON Schema')
    .addHelpText('after', '\nExamples:\n  picket config reference > /etc/picket/picket.yaml')
    .action(run(reference))
}

async function check({ globals, context, world }: Invocation): Promise<number> {
  const { json, config, directory } = context()
  const file = globals.config ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : DEFAULTS)
  const faults = unknownPolicyNames(config, directory)
  if (faults.length > 0) {
    const hint = 'picket rules list names the rules in force; the README has the kinds of detectors'
    throw new PicketError('ERR_CONFIG_INVALID', `${file}: ${faults.join('; ')}`, { hint })
  }
  // They may come later, and whoever checks need not be who runs: the agent says what it lacks.
  const notes = unreadableFiles(config)
  const inWords = [`valid: ${file}`, ...notes.map((note) => `note: ${note}`)]
  world.terminal.write(
    json ? `${jsonLine({ valid: true, file, notes })}\n` : `${inWords.join('\n')}\n`,
  )
  return EXIT.ok
}

async function print({ context }: Invocation): Promise<number> {
  const { config, json, terminal } = context()
  const shown = redacted(config)
  terminal.write(json ? `${jsonLine(shown)}\n` : toYaml(shown))
  return EXIT.ok
}

async function reference({ globals, world }: Invocation): Promise<number> {
  const read = (file: string): string => readFileSync(packagedFile(`deploy/${file}`), 'utf8')
  const shown = globals.json
    ? `${jsonLine(JSON.parse(read('config.schema.json')))}\n`
    : read('config.reference.yaml')
  world.terminal.write(shown)
  return EXIT.ok
}
