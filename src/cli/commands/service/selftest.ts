/** `picket selftest`: a harmless attack, followed through the running agent. */
import type { components } from '../../../../openapi/contract.d.ts'
import { InvalidArgumentError, Option } from 'commander'
import { seconds } from '../../arguments.ts'
import { answerOf, noAgent, openAgent } from '../../client.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { EXIT, printJsonLines } from '../../print/output.ts'
import { printTable, type Column } from '../../print/table.ts'

type Report = components['schemas']['SelfTest']
type Step = Report['steps'][number]

/** The API's own limit. */
const LONGEST_SECONDS = 50

const NOTES = `
Every sensor meets a crafted port scan between addresses that nobody has (198.51.100.66, 192.0.2.66).
It must be detected, be in the log, be accepted by every sink (sent, where syslog over a stream says
nothing), and could be blocked as far as guards and firewall say; nothing is blocked. The event carries
the member selfTest (CEF deviceFacility, ECS tags picket-self-test): filter by it.

Exit codes: 0 every step passed, 1 one failed or no agent runs, 2 wrong usage.

Examples:
  picket selftest
  picket selftest --timeout 30s --json`

const COLUMNS: readonly Column<Step>[] = [
  { title: 'step', text: ({ step }) => step },
  { title: 'where', text: ({ subject }) => subject ?? '' },
  { title: 'outcome', text: ({ outcome }) => (outcome === 'passed' ? 'passed' : 'FAILED') },
  { title: 'ms', text: ({ milliseconds }) => String(milliseconds), align: 'right' },
  { title: 'found', text: ({ detail }) => detail, mayWrap: true },
]

interface SelfTestOptions {
  /** s. */
  readonly timeout: number
}

/** Adds `selftest`. */
export const addSelfTest: AddCommands = (program, run) => {
  program
    .command('selftest')
    .description('prove that an attack is detected, recorded, forwarded, and could be blocked')
    .addOption(
      new Option('--timeout <duration>', 'how long the event may take on its way')
        .argParser(timeout)
        .default(15, '15s'),
    )
    .addHelpText('after', NOTES)
    .action(run<SelfTestOptions>(selfTest))
}

function timeout(text: string): number {
  const given = seconds(text)
  if (given <= LONGEST_SECONDS) return given
  throw new InvalidArgumentError(`give ${LONGEST_SECONDS} seconds or less.`)
}

async function selfTest({ options, context }: Invocation<SelfTestOptions>): Promise<number> {
  const commandContext = context()
  const { json, terminal } = commandContext
  const client = await openAgent(commandContext)
  if (client === null) throw noAgent()
  try {
    const body = { timeoutSeconds: options.timeout }
    const report = answerOf(await client.api.POST('/v1/self-test', { body }))
    if (json) printJsonLines([report], terminal)
    else printReport(report, terminal)
    return report.passed ? EXIT.ok : EXIT.failure
  } finally {
    await client.close()
  }
}

function printReport(
  { steps, passed, milliseconds }: Report,
  terminal: Invocation['world']['terminal'],
): void {
  printTable(terminal, COLUMNS, steps)
  const failed = steps.filter(({ outcome }) => outcome === 'failed').length
  const took = `${(milliseconds / 1000).toFixed(1)} s`
  terminal.write(
    passed
      ? `the self-test passed in ${took}\n`
      : `${failed} steps FAILED; the self-test took ${took}\n`,
  )
}
