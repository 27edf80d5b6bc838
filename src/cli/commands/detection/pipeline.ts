/** `picket start` and `picket replay`: the pipeline, live and from files. */
import { unknownCommand } from '../../command-names.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'

/** Adds `start`, which is also what runs without a command, and `replay`. */
export const addPipeline: AddCommands = (program, run) => {
  program
    .command('start')
    .description('run the agent until it is told to stop (the default command)')
    .addHelpText(
      'after',
      '\nExamples:\n  picket start\n  picket start --config ./picket.yaml --data-dir ./state',
    )
    .action(run(startAgent))
  program
    .command('replay')
    .argument('<files...>', 'captures: pcap or pcapng, plain or gzipped; - is standard input')
    .option('--follow', 'go on as the capture grows, until Ctrl-C, and print events as they come')
    .description('run the pipeline over capture files; the events stay in the log')
    .addHelpText(
      'after',
      '\nExamples:\n  picket replay attack.pcap\n  picket replay *.pcap --json --data-dir /tmp/trial' +
        '\n  tcpdump -i eth0 -U -w - | picket replay -\n  picket replay --follow growing.pcap',
    )
    .action(run(replayFiles))
}

/** Makes `start` what runs without a command; to be added last, since it lets the program take any argument. */
export const addDefault: AddCommands = (program, run) => {
  // Commander would take an unknown command for an argument of the default one.
  program.allowExcessArguments(true).action(
    run<object>(async (invocation) => {
      const [unknown] = program.args
      if (unknown === undefined) return startAgent(invocation)
      throw unknownCommand(unknown, program.commands)
    }),
  )
}

// Loaded only when they run: the sensor and its native parts are heavy for `picket events`.
async function startAgent({ context }: Invocation): Promise<number> {
  const { start } = await import('../service/start.ts')
  return start(context())
}

async function replayFiles(invocation: Invocation<{ readonly follow?: boolean }>): Promise<number> {
  const { args, options, context } = invocation
  const { replay } = await import('./replay.ts')
  return replay(args.flat(), { isFollowed: options.follow === true }, context())
}
