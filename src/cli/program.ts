/** Commander's use: the whole command line, its global options and its help. */
import { Command, Help, type CommanderError } from 'commander'
import { PicketError } from '../core/errors.ts'
import { VERSION } from '../core/files/package-root.ts'
import { addAllowlist } from './commands/response/allowlist.ts'
import { addAudit } from './commands/log/audit.ts'
import { addBlocks } from './commands/response/blocks.ts'
import { addConfig } from './commands/service/config.ts'
import { addDoctor } from './commands/service/doctor.ts'
import { addEvaluate } from './commands/detection/evaluate.ts'
import { addEvents } from './commands/log/events.ts'
import { addExport } from './commands/log/export.ts'
import { addFeeds } from './commands/detection/feeds.ts'
import { addFleet } from './commands/response/fleet.ts'
import { addFlows } from './commands/log/flows.ts'
import { addModels } from './commands/detection/models.ts'
import { addPanic } from './commands/response/panic.ts'
import { addDefault, addPipeline } from './commands/detection/pipeline.ts'
import { addRules } from './commands/detection/rules.ts'
import { addSelfTest } from './commands/service/selftest.ts'
import { addStatus } from './commands/service/status.ts'
import { addSinks } from './commands/log/sinks.ts'
import { addTokens } from './commands/service/token.ts'
import { addTriage } from './commands/log/triage.ts'
import { addTrain } from './commands/detection/train.ts'
import { commandLine, commandMeant, unknownCommand } from './command-names.ts'
import { commandContext, rescueContext, type CliWorld, type GlobalOptions } from './context.ts'
import type { Runner } from './invocation.ts'
import { EXIT } from './print/output.ts'

const EXAMPLES = `
Examples:
  picket                                            run the agent
  picket replay capture.pcap                        look for attacks in a capture file
  picket events --from 1h --min-severity 6          what was detected
  picket token create --scopes read,block           a token for the API
  picket block 192.0.2.7 --ttl 10m --reason 'scan'  keep somebody out
  picket unblock --all                              let everybody in again
  picket panic                                      the same, and block nobody from now on
  picket status                                     how the agent fares
  picket doctor                                     what is missing on this host
  picket selftest                                   is an attack seen, recorded, forwarded?

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a capture is damaged or cannot be read.`

const COMMANDS = [
  ...[addPipeline, addEvents, addFlows, addExport, addTriage],
  ...[addBlocks, addAllowlist, addPanic, addFleet],
  ...[addRules, addFeeds, addSinks, addModels, addTrain, addEvaluate],
  ...[addStatus, addTokens, addAudit, addDoctor, addSelfTest, addConfig, addDefault],
]

/** Builds the program; `finish` is told the exit code of the command that ran. */
export function buildProgram(world: CliWorld, finish: (exitCode: number) => void): Command {
  const run: Runner =
    (work) =>
    async (...given) => {
      const command = given.at(-1) as Command
      const globals = command.optsWithGlobals<GlobalOptions>()
      const exitCode = await work({
        options: command.opts(),
        args: command.processedArgs as string[],
        globals,
        world,
        context: () => commandContext(globals, world),
        rescueContext: () => rescueContext(globals, world),
      })
      finish(exitCode)
    }
  const program: Command = new Command('picket')
    .description(
      'A per-host security agent: sees attacks in the traffic, records them, tells the SIEM, blocks on order.',
    )
    .usage('[options] [command]')
    .version(VERSION, '--version', 'print the version')
    .option(
      '--config <file>',
      'the configuration (default: /etc/picket/picket.yaml where it exists)',
    )
    .option(
      '--data-dir <dir>',
      'the folder that holds all state (default: record.dir, else /var/lib/picket as root)',
    )
    .option('--json', 'print JSON, one object a line')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command...]', 'print the help of a command')
    .configureHelp({
      showGlobalOptions: true,
      optionDescription: (option) =>
        `${new Help().optionDescription(option)}${option.mandatory ? ' (required)' : ''}`,
      // Those of the program: what `events` filters by means nothing to `events show`.
      visibleGlobalOptions: (command) => (command === program ? [] : [...program.options]),
    })
    .configureOutput({
      writeOut: (text) => world.terminal.write(text),
      writeErr: (text) => world.terminal.writeError(text),
      getOutHelpWidth: () => world.terminal.columns ?? 100,
      getErrHelpWidth: () => world.terminal.columns ?? 100,
      outputError: () => undefined,
    })
    .exitOverride()
    .addHelpText('after', EXAMPLES)
  for (const add of COMMANDS) add(program, run)
  return program
}

/** Turns commander's refusal of a command line into our own usage error. */
export function usageError(
  error: CommanderError,
  program: Command,
  argv: readonly string[],
): PicketError {
  const text = error.message.replace(/^error: /, '').trim()
  const suggestion = /\n?\((Did you mean [^)]*)\)$/.exec(text)
  const advice = /^(.*is invalid)\. (.*)$/s.exec(text)
  if (suggestion) {
    const hint = suggestion[1]!.replace(/^D/, 'd').replaceAll('\n', ' ')
    return new PicketError('ERR_USAGE', text.slice(0, suggestion.index), { hint })
  }
  if (advice) {
    const hint = advice[2]!.replace(/^Allowed choices are/, 'choose from').replace(/\.$/, '')
    return new PicketError('ERR_USAGE', advice[1]!, { hint })
  }
  const { command, unknown = '' } = commandMeant(program, argv)
  const isUnknown = /excessArguments|unknownCommand/.test(error.code) && !unknown.startsWith('-')
  if (isUnknown && command.commands.length > 0) return unknownCommand(unknown, command.commands)
  const line = commandLine(command)
  const hint = `picket ${line === '' ? '' : `${line} `}--help`
  return new PicketError('ERR_USAGE', tooMany(text, line), { hint })
}

/** In the words of the other messages. */
function tooMany(text: string, line: string): string {
  const counts = /^too many arguments for .*\. Expected (\d+) arguments? but got (\d+)\.$/.exec(
    text,
  )
  return counts === null ? text : `${line} takes ${counts[1]} arguments, not ${counts[2]}`
}

/** Says whether commander only ended because it printed help or the version. */
export function isHelp(error: CommanderError): boolean {
  return error.exitCode === EXIT.ok
}
