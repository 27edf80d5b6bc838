/** `picket export`: flows and events of a span of time, for other programs; reads the log itself, beside a running agent. */
import { grouped } from '../../../core/text/amount.ts'
import { Option } from 'commander'
import type { components } from '../../../../openapi/contract.d.ts'
import { usFromRfc3339 } from '../../../core/clock.ts'
import { PicketError } from '../../../core/errors.ts'
import type { Event } from '../../../record/event.ts'
import type { LogScan, LogSpan, ScannedRows } from '../../../record/logs/log-scan.ts'
import { csvRecord } from '../../print/csv.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { EXIT } from '../../print/output.ts'
import { openOutput } from '../../print/output-file.ts'
import { jsonLine } from '../../print/printable.ts'
import { createProgress } from '../../print/progress.ts'
import { openRecordForReading } from '../../record-access.ts'
import { withSpan } from '../listing.ts'

type Flow = components['schemas']['Flow']

interface ExportOptions {
  readonly from?: string
  readonly to?: string
  readonly format: 'ndjson' | 'csv'
  readonly output?: string
}

const NOTES = `
ndjson: one object a line, as the API gives it. csv: RFC 4180, a header first; lists are joined by spaces, objects are
JSON; text that a spreadsheet would take for a formula (= + - @ …) gets a ' in front.

Examples:
  picket export flows --from 2026-01-05 --to 2026-01-06 --format csv --output flows.csv
  picket export events --from 30d | jq -r .summary`

/** The columns of CSV, in their order; one that is added to the contract must be added here. */
const FLOW_COLUMNS = Object.keys({
  ...{ start: 1, end: 1, interface: 1, protocol: 1, application: 1 },
  ...{ originator: 1, originatorPort: 1, responder: 1, responderPort: 1, state: 1, endReason: 1 },
  ...{ originatorPackets: 1, responderPackets: 1, originatorBytes: 1, responderBytes: 1 },
  ...{ originatorPayloadBytes: 1, responderPayloadBytes: 1, retransmissions: 1 },
  ...{ handshakeRttUs: 1, anomalyScore: 1, attackScore: 1, communityId: 1, process: 1, facts: 1 },
} satisfies Record<keyof Flow, 1>) as (keyof Flow)[]

const EVENT_COLUMNS = Object.keys({
  ...{
    id: 1,
    sequence: 1,
    previousSequence: 1,
    revision: 1,
    agent: 1,
    interface: 1,
    kind: 1,
    family: 1,
    severity: 1,
  },
  ...{ confidence: 1, verdict: 1, simulated: 1, decision: 1, attacker: 1, victims: 1, host: 1 },
  ...{ domain: 1, firstSeen: 1, lastSeen: 1, count: 1, summary: 1, reasons: 1, detectors: 1 },
  ...{ mitre: 1, flows: 1, incident: 1, process: 1, selfTest: 1 },
} satisfies Record<keyof Event, 1>) as (keyof Event)[]

/** Adds `export flows` and `export events`. */
export const addExport: AddCommands = (program, run) => {
  const command = program.command('export').description('write out flows or events, oldest first')
  const kinds = [
    ['flows', 'who spoke to whom', exportFlows],
    ['events', 'what was detected', exportEvents],
  ] as const
  for (const [name, what, work] of kinds) {
    withSpan(command.command(name).description(`write out ${what}`))
      .addOption(
        new Option('--format <format>', 'how').choices(['ndjson', 'csv']).default('ndjson'),
      )
      .option('-o, --output <file>', 'write to this file rather than to standard output')
      .addHelpText('after', NOTES)
      .action(run<ExportOptions>(work))
  }
}

async function exportFlows(invocation: Invocation<ExportOptions>): Promise<number> {
  const { apiFlow } = await import('../../../api/index.ts')
  return exportRows(invocation, 'flows', FLOW_COLUMNS, function* (scan, span) {
    for (const { rows, share } of scan.flows(span)) yield { rows: rows.map(apiFlow), share }
  })
}

function exportEvents(invocation: Invocation<ExportOptions>): Promise<number> {
  return exportRows(invocation, 'events', EVENT_COLUMNS, (scan, span) => scan.events(span))
}

/** Memory: one part of the log; the reader of the output sets the pace. */
async function exportRows<Row extends object>(
  { options, context }: Invocation<ExportOptions>,
  what: string,
  columns: readonly (keyof Row)[],
  scan: (scan: LogScan, span: LogSpan) => Generator<ScannedRows<Row>>,
): Promise<number> {
  const commandContext = context()
  const { terminal } = commandContext
  const { format, output } = options
  const span = spanOf(options)
  const record = await openRecordForReading(commandContext)
  const progress = createProgress(terminal, `export of ${what}`, what)
  const render = (row: Row): string =>
    format === 'csv' ? csvRecord(columns.map((name) => row[name])) : `${jsonLine(row)}\n`
  let count = 0
  try {
    const target = await openOutput(output, terminal)
    if (format === 'csv') await target.write(csvRecord(columns))
    for (const { rows, share } of scan(record.scan, span)) {
      if (rows.length > 0 && !(await target.write(rows.map(render).join('')))) break
      count += rows.length
      progress.show(share, count)
    }
    await target.close()
  } finally {
    progress.clear()
    await record.close()
  }
  const where = output === undefined ? '' : ` to ${output}`
  terminal.writeError(`exported ${grouped(count)} ${what}${where}\n`)
  return EXIT.ok
}

function spanOf({ from, to }: ExportOptions): LogSpan {
  const fromUs = from === undefined ? -Infinity : usFromRfc3339(from)
  const toUs = to === undefined ? Infinity : usFromRfc3339(to)
  if (toUs < fromUs) {
    throw new PicketError('ERR_USAGE', `--to ${to} is before --from ${from}`, {
      hint: 'a span begins with --from and ends with --to',
    })
  }
  return {
    ...(from === undefined ? {} : { fromUs }),
    ...(to === undefined ? {} : { toUs }),
  }
}
