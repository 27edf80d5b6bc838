/** An event as the syslog message that carries it: CEF in an RFC 5424 envelope, within a size. */
import type { Event } from '../../record/event.ts'
import { formatCef, type CefContext } from './cef.ts'
import { envelopeBytes, formatSyslog, type Envelope } from './rfc5424.ts'

export interface MessageContext extends CefContext {
  readonly processId: number
  /** The most bytes of a whole message; CEF leaves out detail until it fits. */
  readonly maxBytes: number
}

/** Returns the bytes of one message, without framing. */
export function syslogMessage(event: Event, context: MessageContext): Buffer {
  const envelope: Envelope = {
    timestamp: event.lastSeen,
    hostname: context.hostname,
    version: context.version,
    processId: context.processId,
    messageId: event.kind,
    severity: event.severity,
  }
  const room = context.maxBytes - envelopeBytes(envelope)
  return formatSyslog(envelope, formatCef(event, context, room))
}
