/** How syslog messages are told apart on a stream (RFC 6587 §3.4, RFC 5425 §4.3). */

const NEWLINE = Buffer.from('\n')

export type Framing = 'octet-counted' | 'newline'

/** Joins messages for the stream; `newline` relies on messages that hold no newline, which ours never do. */
export function frame(messages: readonly Buffer[], framing: Framing): Buffer {
  const parts = messages.flatMap((message) =>
    framing === 'newline' ? [message, NEWLINE] : [Buffer.from(`${message.length} `), message],
  )
  return Buffer.concat(parts)
}
