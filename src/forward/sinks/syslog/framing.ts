/** How syslog messages are told apart on a stream (RFC 6587 §3.4, RFC 5425 §4.3). */
import type { SyslogText } from '../../formats/syslog/message.ts'

export type Framing = 'octet-counted' | 'newline'

/** Joins messages for the stream; `newline` relies on messages that hold no newline, which ours never do. */
export function frame(messages: readonly SyslogText[], framing: Framing): Buffer {
  const parts = messages.map(({ text, bytes }) =>
    framing === 'newline' ? `${text}\n` : `${bytes} ${text}`,
  )
  return Buffer.from(parts.join(''), 'utf8')
}
