/** `picket panic`: every trace of ours out of the firewall at once, and nobody blocked until it is ended. */
import { userInfo } from 'node:os'
import { systemClock } from '../../../core/clock.ts'
import { PicketError } from '../../../core/errors.ts'
import { PanicSwitch } from '../../../respond/index.ts'
import type { CommandContext } from '../../context.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { EXIT } from '../../print/output.ts'
import { printable } from '../../print/printable.ts'

interface PanicOptions {
  readonly end?: true
}

const EXAMPLES = `
Examples:
  picket panic          let everybody in, block nobody; the agent goes on watching and alerting
  picket panic --end    block again when told to; what was lifted stays lifted`

/** Adds `panic`. */
export const addPanic: AddCommands = (program, run) => {
  program
    .command('panic')
    .description('remove every trace from the firewall and block nobody; works with the agent dead')
    .option('--end', 'let blocks be made again')
    .addHelpText('after', EXAMPLES)
    .action(run<PanicOptions>(panic))
}

async function panic({ options, rescueContext }: Invocation<PanicOptions>): Promise<number> {
  const context = rescueContext()
  const { directory, terminal, config, program } = context
  const panicSwitch = new PanicSwitch(directory)
  if (options.end) {
    const wasOn = panicSwitch.end()
    terminal.write(wasOn ? 'blocks can be made again\n' : 'there was no panic\n')
    return EXIT.ok
  }
  // First the switch, then the firewall: an agent that runs must not put back what is taken out.
  const isHeldOff = pull(panicSwitch, context)
  const { clearEveryFirewall } = await import('../../blocking/lifting.ts')
  await clearEveryFirewall(config.respond)
  const lasting = isHeldOff ? ', and nobody is blocked from now on' : ''
  terminal.write(`the firewall holds nothing of ours any more${lasting}\n`)
  await liftInRecord(context)
  if (!isHeldOff) return EXIT.failure
  terminal.write(`until: ${program} panic --end\n`)
  return EXIT.ok
}

/** A data folder that takes no file keeps nobody from clearing the firewall; false then. */
function pull(panicSwitch: PanicSwitch, { directory, terminal }: CommandContext): boolean {
  try {
    panicSwitch.pull(`local:${userInfo().username}`, systemClock.nowMs())
    return true
  } catch (error) {
    const why = printable(error instanceof Error ? error.message : String(error))
    terminal.writeError(
      `picket: the switch in ${directory} cannot be set: ${why}\nhint: end the agent, if one runs; it blocks again otherwise\n`,
    )
    return false
  }
}

/** The firewall is clear already; a record that can't be written is told, and no failure. */
async function liftInRecord(context: CommandContext): Promise<void> {
  try {
    const { agentHangs, answerOf, answers, reachAgent } = await import('../../client.ts')
    const { openForLifting } = await import('../../blocking/lifting.ts')
    const agent = await reachAgent(context)
    if (agent !== null && !(await answers(agent))) throw agentHangs('it lifts them when it goes on')
    const client = agent ?? (await openForLifting(context))
    try {
      const { items } = answerOf(await client.api.DELETE('/v1/blocks', {}))
      context.terminal.write(`blocks lifted in the record: ${items.length}\n`)
    } finally {
      await client.close()
    }
  } catch (error) {
    if (!(error instanceof PicketError)) throw error
    const why = printable(error.message)
    context.terminal.writeError(`picket: the record still holds the blocks: ${why}\n`)
  }
}
