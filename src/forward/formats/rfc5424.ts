/** The syslog envelope around an event's line (RFC 5424). */

/** `authpriv`: what is meant for those who guard the host; distributions keep it in a file only root reads. */
const FACILITY = 10

export interface Envelope {
  /** RFC 3339 with at most six decimals. */
  readonly timestamp: string
  readonly hostname: string
  readonly version: string
  readonly processId: number
  /** Kind of event. */
  readonly messageId: string
  /** The event's severity, 0–10. */
  readonly severity: number
}

/**
 * Returns `<PRI>1 TIMESTAMP HOSTNAME picket PROCID MSGID [origin …] MESSAGE` as the bytes to send.
 *
 * A message with anything but ASCII in it gets the byte order mark that RFC 5424 §6.4 demands of UTF-8;
 * one in plain ASCII gets none, since many a CEF parser looks for `CEF:` at the very beginning.
 */
export function formatSyslog(envelope: Envelope, message: string): Buffer {
  const mark = /^[\u0000-\u007f]*$/.test(message) ? '' : '\ufeff'
  return Buffer.from(`${syslogHeader(envelope)} ${mark}${message}`, 'utf8')
}

/** Returns how many bytes the envelope adds to a message, byte order mark included. */
export function envelopeBytes(envelope: Envelope): number {
  return Buffer.byteLength(syslogHeader(envelope)) + 1 + 3
}

function syslogHeader(envelope: Envelope): string {
  const priority = FACILITY * 8 + syslogSeverity(envelope.severity)
  const hostname = headerWord(envelope.hostname, 255)
  const messageId = headerWord(envelope.messageId, 32)
  const version = envelope.version.replace(/["\\\]]/g, '')
  const origin = `[origin software="picket" swVersion="${version}"]`
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(envelope.timestamp)
    ? envelope.timestamp
    : '-'
  return `<${priority}>1 ${time} ${hostname} picket ${envelope.processId} ${messageId} ${origin}`
}

/** Maps 0–10 to syslog's levels: 9 and 10 critical, 7 and 8 error, 4 to 6 warning, 1 to 3 notice, 0 info. */
export function syslogSeverity(severity: number): number {
  if (severity >= 9) return 2
  if (severity >= 7) return 3
  if (severity >= 4) return 4
  return severity >= 1 ? 5 : 6
}

/** PRINTUSASCII without spaces, cut to length; `-` where nothing is left (RFC 5424 §6.2). */
function headerWord(text: string, length: number): string {
  const word = text.replace(/[^!-~]/g, '').slice(0, length)
  return word === '' ? '-' : word
}
