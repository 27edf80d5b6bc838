/** The syslog header that today's servers read (RFC 5424). */
import type { Outgoing } from '../../outgoing.ts'
import { priority, type SyslogSender } from './header.ts'
import { structuredData } from './structured-data.ts'

const BYTE_ORDER_MARK = '\ufeff'

/** NILVALUE in the place of structured data. */
export const NO_DATA = '-'

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/
const WORD = /^[!-~]+$/

/** Returns `<PRI>1 TIMESTAMP HOSTNAME picket PROCID MSGID [STRUCTURED DATA]` and the space behind it. */
export function rfc5424Header(
  event: Outgoing,
  sender: SyslogSender,
  data = structuredData(event, sender.version),
): string {
  const hostname = headerWord(sender.hostname, 255)
  const messageId = headerWord(event.kind, 32)
  const time = TIME.test(event.lastSeen) ? event.lastSeen : '-'
  return `${priority(event.severity)}1 ${time} ${hostname} picket ${sender.processId} ${messageId} ${data} `
}

/**
 * Puts the byte order mark that RFC 5424 §6.4 demands before a text in UTF-8.
 *
 * A text in plain ASCII gets none: it is then MSG-ANY, and many a CEF parser looks for `CEF:` at the very
 * beginning.
 */
export function withMark(text: string): string {
  return Buffer.byteLength(text) === text.length ? text : BYTE_ORDER_MARK + text
}

/** The bytes of the mark. */
export const MARK_BYTES = 3

/** PRINTUSASCII without spaces, cut to length; `-` where nothing is left (RFC 5424 §6.2). */
function headerWord(text: string, length: number): string {
  if (text.length <= length && WORD.test(text)) return text
  const word = text.replace(/[^!-~]/g, '').slice(0, length)
  return word === '' ? '-' : word
}
