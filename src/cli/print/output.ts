/** What every command prints: events for people and for programs, failures, exit codes. */
import { PicketError } from '../../core/errors.ts'
import { goesToJournal, markedForJournal } from '../../core/log/journal.ts'
import type { Event } from '../../record/event.ts'
import { jsonLine, printable } from './printable.ts'
import { printTable, type Column } from './table.ts'
import type { Terminal } from './terminal.ts'

/** Exit codes; scripts hold on to them. */
export const EXIT = { ok: 0, failure: 1, usage: 2, damaged: 3 } as const

/** How a command is to print. */
export interface PrintOptions {
  readonly terminal: Terminal
  /** One JSON object a line instead of a table. */
  readonly json: boolean
}

const EVENT_COLUMNS: readonly Column<Event>[] = [
  { title: 'time (UTC)', text: (event) => clockTime(event.firstSeen) },
  { title: 'kind', text: (event) => event.kind },
  { title: 'sev', text: (event) => String(event.severity), align: 'right' },
  { title: 'verdict', text: verdictWords },
  { title: 'who → whom', text: whoToWhom },
  { title: 'why', text: (event) => event.summary, mayWrap: true },
]

/** Prints events as a table, or as JSON lines. */
export function printEvents(events: readonly Event[], { terminal, json }: PrintOptions): void {
  if (json) printJsonLines(events, terminal)
  else printTable(terminal, EVENT_COLUMNS, events)
}

/** Prints each item as one line of JSON. */
export function printJsonLines(items: readonly unknown[], terminal: Terminal): void {
  for (const item of items) terminal.write(`${jsonLine(item)}\n`)
}

/** Names who did it and to whom; for a misused local host, the host and its far end. */
export function whoToWhom(event: Event): string {
  if (event.host !== null) return `${event.host} → ${event.attacker ?? event.domain ?? 'unknown'}`
  const [first, ...more] = event.victims
  const whom = first === undefined ? '' : ` → ${first}${more.length > 0 ? ` +${more.length}` : ''}`
  const who = event.attacker ?? (event.family === 'health' ? 'this host' : 'many')
  return `${who}${whom}`
}

/** Shortens an RFC 3339 time to whole seconds for a table. */
export function clockTime(rfc3339: string): string {
  return rfc3339.slice(0, 19).replace('T', ' ')
}

/**
 * Tells of a failure on standard error, as `picket: message` and `hint:`, and gives the exit code; journald is told
 * that it is an error.
 *
 * Our own mistakes are told with their stack: they are to be reported.
 */
export function printFailure(error: unknown, terminal: Terminal): number {
  const say = (text: string): void =>
    terminal.writeError(goesToJournal() ? markedForJournal(text, 'error') : text)
  if (!(error instanceof PicketError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    say(`picket: this is a mistake in picket itself\n${stack}\n`)
    return EXIT.failure
  }
  say(`picket: ${printable(error.message)}\n`)
  if (error.hint !== undefined) {
    const lines = error.hint.split('\n').map(printable)
    say(`hint: ${lines.join('\n      ')}\n`)
  }
  if (error.code === 'ERR_USAGE') return EXIT.usage
  const isDamage = error.code === 'ERR_CAPTURE_DAMAGED' || error.code === 'ERR_CAPTURE_FORMAT'
  return isDamage ? EXIT.damaged : EXIT.failure
}

function verdictWords(event: Event): string {
  return event.simulated ? `${event.verdict} (would block)` : event.verdict
}
