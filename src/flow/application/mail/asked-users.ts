/**
 * Which users an SMTP client asks for, and which of them the server does not have (RFC 5321 §3.5, §4.3.2).
 *
 * Commands may come in one go (RFC 2920), so each waits for its answer in a row.
 * Left out: users named by BDAT's senders; answers after a packet was lost may be taken for the next one's.
 */
import type { MailUser } from '../facts.ts'
import { findByte, pattern, startsWithWord, textAt, type Payload } from '../payload.ts'

const VERIFY = pattern('VRFY ')
const EXPAND = pattern('EXPN ')
const RECIPIENT = pattern('RCPT TO:')
const LESS_THAN = 0x3c
const GREATER_THAN = 0x3e
const LONGEST_USER = 128
/** Commands that wait; a client that sends more at once is not read further. */
const MOST_WAITING = 64
/** No such user, not here, not a user's name: each said for other reasons too. */
const NO_SUCH_USER: ReadonlySet<number> = new Set([550, 551, 553])
/** What the same codes say of the sender, of a policy, or of relaying. */
const OTHER_REASON = /^.{4}5\.7\.|relay|spam|block|polic|sender|dns/i

export class AskedUsers {
  /** A recipient, or null for a command that asks for none. */
  #waiting: (string | null)[] = []

  /** A command begins at `from`; what is told of it at once, or null. */
  command(payload: Payload, from: number, to: number): MailUser | null {
    if (this.#waiting.length >= MOST_WAITING) this.#waiting = []
    const isRecipient = startsWithWord(payload, RECIPIENT, from)
    this.#waiting.push(isRecipient ? mailbox(payload, from + RECIPIENT.length, to) : null)
    const isAsked = startsWithWord(payload, VERIFY, from) || startsWithWord(payload, EXPAND, from)
    if (!isAsked) return null
    const user = textAt(payload, from + VERIFY.length, to, LONGEST_USER).trim()
    return { kind: 'mail-user', user, outcome: 'asked' }
  }

  /** The last line of an answer; what it says of a recipient, or null. */
  answer(code: number, line: string): MailUser | null {
    const user = this.#waiting.shift() ?? null
    if (user === null) return null
    if (code >= 250 && code < 260) return { kind: 'mail-user', user, outcome: 'known' }
    if (!NO_SUCH_USER.has(code) || OTHER_REASON.test(line)) return null
    return { kind: 'mail-user', user, outcome: 'unknown' }
  }
}

/** The address within the brackets; without them whatever stands there. */
function mailbox(payload: Payload, from: number, to: number): string {
  const open = findByte(payload, LESS_THAN, from, to)
  const close = findByte(payload, GREATER_THAN, from, to)
  const isBracketed = open >= 0 && close > open
  return isBracketed
    ? textAt(payload, open + 1, close, LONGEST_USER)
    : textAt(payload, from, to, LONGEST_USER).trim()
}
