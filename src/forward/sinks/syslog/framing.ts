/** How syslog messages are told apart on a TCP stream (RFC 6587 §3.4). */
import type { SyslogSinkConfig } from './config.ts'

const NEWLINE = Buffer.from('\n')

/** Joins messages for the stream; `newline` relies on messages that hold no newline, which ours never do. */
export function frame(messages: readonly Buffer[], framing: SyslogSinkConfig['framing']): Buffer {
  const parts = messages.flatMap((message) =>
    framing === 'newline' ? [message, NEWLINE] : [Buffer.from(`${message.length} `), message],
  )
  return Buffer.concat(parts)
}
