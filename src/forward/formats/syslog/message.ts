/** An event as the syslog message that carries it: a header and CEF, within a size. */
import { hostname } from 'node:os'
import type { Outgoing } from '../../outgoing.ts'
import { formatCef, type CefContext } from '../cef.ts'
import { rfc3164Header } from './rfc3164.ts'
import { MARK_BYTES, NO_DATA, rfc5424Header, withMark } from './rfc5424.ts'
import type { SyslogSender } from './header.ts'

export interface MessageContext extends CefContext, SyslogSender {
  readonly header: 'rfc5424' | 'rfc3164'
  /** The most bytes of a whole message; CEF leaves out detail until it fits. */
  readonly maxBytes: number
}

/** A message as text: a batch of them becomes bytes at once, which is cheaper than each by itself. */
export interface SyslogText {
  readonly text: string
  /** Its length in UTF-8. */
  readonly bytes: number
}

/** Returns the bytes of one message, in UTF-8, without framing. It never holds a line end. */
export function syslogMessage(event: Outgoing, context: MessageContext): Buffer {
  return Buffer.from(syslogText(event, context).text, 'utf8')
}

/** Returns one message, without framing. It never holds a line end. */
export function syslogText(event: Outgoing, context: MessageContext): SyslogText {
  if (context.header === 'rfc3164') return behind(rfc3164Header(event, context), event, context)
  const message = behind(rfc5424Header(event, context), event, context)
  if (message.bytes <= context.maxBytes) return message
  // What structured data say stands in CEF, too.
  return behind(rfc5424Header(event, context, NO_DATA), event, context)
}

function behind(header: string, event: Outgoing, context: MessageContext): SyslogText {
  const isNew = context.header === 'rfc5424'
  const room = context.maxBytes - Buffer.byteLength(header) - (isNew ? MARK_BYTES : 0)
  const line = formatCef(event, context, room)
  const text = header + (isNew ? withMark(line) : line)
  return { text, bytes: Buffer.byteLength(text) }
}

interface MessageConfig {
  readonly header: 'rfc5424' | 'rfc3164'
  readonly cefVersion: '0' | '1'
  readonly maxMessageBytes?: number
}

/** Puts together what the configuration of a sink and this host say of its messages. */
export function messageContext(
  { header, cefVersion, maxMessageBytes }: MessageConfig,
  version: string,
  defaultBytes: number,
): MessageContext {
  const sender = { version, hostname: hostname(), processId: process.pid }
  return { ...sender, header, cefVersion, maxBytes: maxMessageBytes ?? defaultBytes }
}
