/** IMAP (RFC 9051) up to a login that succeeds; the mails are not read. */
import type { Packet } from '../../../decode/index.ts'
import { LoginReader } from '../login/login-reader.ts'
import { SaslExchange } from '../login/sasl-exchange.ts'
import {
  byteAt,
  findByte,
  pattern,
  startsWith,
  startsWithWord,
  textAt,
  type Payload,
} from '../payload.ts'
import { Next, type ReadingContext } from '../reader.ts'

const GREETING = pattern('* OK ')
const UNTAGGED = pattern('* ')
const LOGIN = pattern('LOGIN ')
const AUTHENTICATE = pattern('AUTHENTICATE ')
const START_TLS = pattern('STARTTLS')
const OK = pattern('OK')
const REFUSALS = ['NO', 'BAD'].map(pattern)
const SPACE = 0x20
const QUOTE = 0x22
const LONGEST_TAG = 32
const LONGEST_LINE = 1024

/** What clients begin with, behind a tag of their own. */
const COMMANDS = ['LOGIN ', 'AUTHENTICATE ', 'STARTTLS', 'CAPABILITY', 'ID '].map(pattern)
const PORT = 143

/** The server's greeting, or a client's first command to IMAP's port. */
export function isImap(packet: Packet): boolean {
  return startsWith(packet, GREETING) || (packet.destinationPort === PORT && isCommand(packet))
}

function isCommand(packet: Packet): boolean {
  const space = findByte(packet, SPACE, 0, Math.min(packet.payloadCaptured, LONGEST_TAG + 1))
  return space > 0 && COMMANDS.some((command) => startsWithWord(packet, command, space + 1))
}

export class ImapReader extends LoginReader {
  #pending: 'nothing' | 'login' | 'tls' = 'nothing'
  #tag = ''
  readonly #sasl = new SaslExchange()

  constructor(context: ReadingContext) {
    super('imap', context)
  }

  protected override speaksLikeServer(payload: Payload): boolean {
    return startsWith(payload, UNTAGGED)
  }

  protected override readCommand(payload: Payload, from: number, to: number): number {
    if (this.#pending === 'login' && this.#sasl.isUnderWay) {
      this.offer(this.#sasl.answer(textAt(payload, from, to, LONGEST_LINE)))
      return Next.MORE
    }
    const space = findByte(payload, SPACE, from, Math.min(to, from + LONGEST_TAG + 1))
    if (space < 0) return Next.MORE
    const at = space + 1
    if (startsWithWord(payload, LOGIN, at)) {
      this.#pending = 'login'
      this.#nameLogin(payload, at + LOGIN.length, to)
    } else if (startsWithWord(payload, AUTHENTICATE, at)) {
      this.#pending = 'login'
      this.offer(this.#sasl.begin(textAt(payload, at + AUTHENTICATE.length, to, LONGEST_LINE)))
    } else if (startsWithWord(payload, START_TLS, at)) this.#pending = 'tls'
    else return Next.MORE
    this.#tag = textAt(payload, from, space, LONGEST_TAG)
    return Next.MORE
  }

  /** The user's name, quoted or not; what follows is the password. */
  #nameLogin(payload: Payload, from: number, to: number): void {
    const isQuoted = byteAt(payload, from) === QUOTE
    const start = isQuoted ? from + 1 : from
    const end = findByte(payload, isQuoted ? QUOTE : SPACE, start, to)
    // Without an end the name may be a literal's length, and the password's place is not known.
    if (end < 0) return
    this.nameUser(payload, start, end)
    this.offerSecret(payload, end + 1, to)
  }

  protected override readReply(payload: Payload, from: number, to: number): number {
    if (startsWith(payload, GREETING, from)) this.greet(payload, from + GREETING.length, to)
    if (this.#pending === 'nothing') return Next.MORE
    const space = findByte(payload, SPACE, from, Math.min(to, from + LONGEST_TAG + 1))
    if (space < 0 || textAt(payload, from, space, LONGEST_TAG) !== this.#tag) return Next.MORE
    const pending = this.#pending
    this.#pending = 'nothing'
    const isOk = startsWithWord(payload, OK, space + 1)
    if (pending === 'tls') return isOk ? this.goOverToTls() : Next.MORE
    if (isOk) {
      this.endLogin('success', 'OK')
      return Next.DONE
    }
    const refusal = REFUSALS.find((word) => startsWithWord(payload, word, space + 1))
    if (refusal !== undefined) this.endLogin('failure', String.fromCharCode(...refusal))
    return Next.MORE
  }
}
