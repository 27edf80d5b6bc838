/** `picket events`: what was detected. */
import { counted } from '../../../core/text/amount.ts'
import type { operations } from '../../../../openapi/contract.d.ts'
import type { Event } from '../../../record/event.ts'
import { wholeNumber } from '../../arguments.ts'
import { answerOf, openForReading } from '../../client.ts'
import { writeFile } from 'node:fs/promises'
import { PicketError } from '../../../core/errors.ts'
import { toldBy } from '../../../config/index.ts'
import { untoldNames } from '../../../decide/index.ts'
import type { CommandContext } from '../../context.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { EXIT, printEvents, whoToWhom } from '../../print/output.ts'
import { unwritable } from '../../print/output-file.ts'
import { jsonLine } from '../../print/printable.ts'
import { printFields } from '../../print/table.ts'
import { listThrough, withLimit, withSpan } from '../listing.ts'

type EventOptions = NonNullable<operations['listEvents']['parameters']['query']> & { limit: number }

const EXAMPLES = `
Examples:
  picket events --from 2h
  picket events --kind scan --min-severity 6
  picket events --attacker 192.0.2.0/24 --json
  picket events show 0198c0de-0000-7000-8000-000000000002
  picket events evidence 0198c0de-0000-7000-8000-000000000002 -o scan.pcap`

interface EvidenceOptions {
  readonly output?: string
}

/** Adds `events`, `events show` and `events evidence`. */
export const addEvents: AddCommands = (program, run) => {
  const events = program.command('events').description('list what was detected, newest first')
  withLimit(withSpan(events))
    .option('--kind <kind>', 'an event kind, or the beginning of one (scan.vertical)')
    .option('--family <family>', 'a family of events (scan, flood, bruteforce, …)')
    .option('--min-severity <n>', 'the least severity, 0 to 10', wholeNumber(0, 10))
    .option('--attacker <range>', "the attacker's address or range")
    .option('--address <range>', 'an address or range in any role')
    .option('--verdict <verdict>', 'allow, alert or block')
    .option('-q, --q <words>', 'words that stand in what is told of it')
    .option('--order <order>', 'newest or oldest first')
    .addHelpText('after', EXAMPLES)
    .action(run<EventOptions>(listEvents))
  events
    .command('show')
    .argument('<id>', 'the event')
    .description('show one event with its reasons')
    .action(run(showEvent))
  events
    .command('evidence')
    .argument('<id>', 'the event')
    .option('-o, --output <file>', 'write to this file rather than to standard output')
    .description('get the first packets of an event as a pcap')
    .action(run<EvidenceOptions>(getEvidence))
}

async function listEvents({ options, context }: Invocation<EventOptions>): Promise<number> {
  const commandContext = context()
  const { limit, ...filters } = options
  const items = await listThrough(commandContext, limit, 'no events', async ({ api }, position) =>
    answerOf(await api.GET('/v1/events', { params: { query: { ...filters, ...position } } })),
  )
  if (items.length === 0) noteUntoldKind(filters.kind, commandContext)
  printEvents(items, commandContext)
  return EXIT.ok
}

/** No fault: the log may know kinds of rules that are gone. */
function noteUntoldKind(kind: string | undefined, context: CommandContext): void {
  const { config, directory, json, terminal } = context
  if (json) return
  for (const { given, cure } of untoldNames({ kind }, toldBy(config, directory))) {
    terminal.writeError(`note: nothing is told by ${JSON.stringify(given)}; ${cure}\n`)
  }
}

async function showEvent({ args, context }: Invocation): Promise<number> {
  const { terminal, json, ...rest } = context()
  const client = await openForReading({ terminal, json, ...rest })
  try {
    const path = { eventId: args[0] ?? '' }
    const event = answerOf(await client.api.GET('/v1/events/{eventId}', { params: { path } }))
    if (json) terminal.write(`${jsonLine(event)}\n`)
    else printFields(terminal, fieldsOf(event))
    return EXIT.ok
  } finally {
    await client.close()
  }
}

async function getEvidence({
  args,
  options: { output },
  context,
}: Invocation<EvidenceOptions>): Promise<number> {
  const commandContext = context()
  const { terminal } = commandContext
  if (output === undefined && terminal.columns !== null) {
    throw new PicketError('ERR_USAGE', 'a capture is no text for a terminal', {
      hint: 'picket events evidence ID -o event.pcap, or | tcpdump -r -',
    })
  }
  const client = await openForReading(commandContext)
  try {
    const path = { eventId: args[0] ?? '' }
    const answer = await client.api.GET('/v1/events/{eventId}/evidence', {
      params: { path },
      parseAs: 'arrayBuffer',
    })
    const bytes = new Uint8Array(answerOf(answer))
    if (output === undefined) terminal.writeBytes(bytes)
    else await writeCapture(output, bytes)
    return EXIT.ok
  } finally {
    await client.close()
  }
}

async function writeCapture(file: string, bytes: Uint8Array): Promise<void> {
  try {
    // What was sent over the wire is for its owner alone.
    await writeFile(file, bytes, { mode: 0o600 })
  } catch (cause) {
    throw unwritable(file, cause, 'name a file that you may write with --output')
  }
}

function fieldsOf(event: Event): (readonly [string, string])[] {
  const wouldBlock = event.simulated ? ' (would have blocked)' : ''
  return [
    ['id', event.id],
    ['kind', event.kind],
    ['why', event.summary],
    ['who', whoToWhom(event)],
    ['victims', event.victims.join(', ')],
    ['severity', `${event.severity} of 10, confidence ${event.confidence}`],
    ['verdict', `${event.verdict}${wouldBlock}: ${event.decision}`],
    ['first seen', event.firstSeen],
    ['last seen', `${event.lastSeen} (${counted(event.count, 'time')})`],
    ...event.reasons.map((reason): [string, string] => [
      'reason',
      `${reason.feature} is ${reason.value}${reason.baseline === null ? '' : `, usual ${reason.baseline}`} (weight ${reason.weight})`,
    ]),
    ['detectors', event.detectors.join(', ')],
    ['mitre', event.mitre.join(', ')],
    ['flows', event.flows.join(', ')],
    ['interface', event.interface ?? ''],
  ]
}
