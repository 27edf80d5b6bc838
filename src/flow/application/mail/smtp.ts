/** SMTP (RFC 5321, AUTH RFC 4954, STARTTLS RFC 3207). Of messages only the subject is told, and who is asked for. */
import type { Packet } from '../../../decode/index.ts'
import { LoginReader, isLastLine, replyCode } from '../login/login-reader.ts'
import { SaslExchange } from '../login/sasl-exchange.ts'
import {
  findWord,
  lineEnd,
  pattern,
  startsWithAny,
  startsWithWord,
  textAt,
  type Payload,
} from '../payload.ts'
import { Next, type ReadingContext } from '../reader.ts'
import type { MailUser } from '../facts.ts'
import { AskedUsers } from './asked-users.ts'

const COMMANDS = ['EHLO ', 'HELO ', 'MAIL FROM:', 'ehlo ', 'helo '].map(pattern)
const HELLOS = ['EHLO ', 'HELO '].map(pattern)
const START_TLS = pattern('STARTTLS')
const DATA = pattern('DATA')
const AUTH = pattern('AUTH ')
const SUBJECT = pattern('\nSUBJECT:')
/** A head's first lines; the subject is among them. */
const SEARCHED_BYTES = 1024
const LONGEST_SUBJECT = 128
const LONGEST_LINE = 1024

/** A client's first command. The greeting, which FTP shares, is told elsewhere. */
export function isSmtp(payload: Payload): boolean {
  return startsWithAny(payload, COMMANDS)
}

export class SmtpReader extends LoginReader {
  #wantsTls = false
  #isSendingMail = false
  readonly #sasl = new SaslExchange()
  readonly #users = new AskedUsers()

  constructor(context: ReadingContext) {
    super('smtp', context)
  }

  override read(packet: Packet, side: number): number {
    const next = super.read(packet, side)
    return next === Next.MORE && this.#isSendingMail ? Next.TURN : next
  }

  protected override speaksLikeServer(payload: Payload): boolean {
    return replyCode(payload, 0, payload.payloadCaptured) >= 0
  }

  protected override readCommand(payload: Payload, from: number, to: number): number {
    // A mail's text may look like commands.
    if (this.#isSendingMail) {
      if (from === 0) this.#tellSubject(payload)
      return Next.TURN
    }
    if (this.#sasl.isUnderWay) {
      this.offer(this.#sasl.answer(textAt(payload, from, to, LONGEST_LINE)))
      return Next.MORE
    }
    if (this.context.isHeard) this.#tellUser(this.#users.command(payload, from, to))
    if (startsWithWord(payload, AUTH, from)) {
      this.offer(this.#sasl.begin(textAt(payload, from + AUTH.length, to, LONGEST_LINE)))
    } else if (HELLOS.some((hello) => startsWithWord(payload, hello, from))) {
      this.nameClient(payload, from + 5, to)
    } else if (startsWithWord(payload, START_TLS, from)) {
      this.#wantsTls = true
    } else if (startsWithWord(payload, DATA, from) && to - from === DATA.length) {
      this.#isSendingMail = true
    }
    return Next.MORE
  }

  #tellUser(fact: MailUser | null): void {
    if (fact !== null) this.context.tell(fact)
  }

  #tellSubject(payload: Payload): void {
    if (!this.context.isHeard) return
    const at = findWord(payload, SUBJECT, 0, SEARCHED_BYTES)
    if (at < 0) return
    const name = textAt(payload, at + SUBJECT.length, lineEnd(payload, at + 1), LONGEST_SUBJECT)
    this.context.tell({ kind: 'sent-name', application: 'smtp', name: name.trim() })
  }

  protected override readReply(payload: Payload, from: number, to: number): number {
    const code = replyCode(payload, from, to)
    if (code < 0) return Next.MORE
    if (code !== 354) this.#isSendingMail = false
    if (code !== 334) this.#sasl.end()
    if (code === 220) {
      if (this.#wantsTls) return this.goOverToTls()
      this.greet(payload, from + 4, to)
    }
    if (!isLastLine(payload, from, to)) return Next.MORE
    if (code !== 220 && this.context.isHeard) {
      this.#tellUser(this.#users.answer(code, textAt(payload, from, to, LONGEST_LINE)))
    }
    if (code === 235) this.endLogin('success', '235')
    else if (code === 535) this.endLogin('failure', '535')
    return Next.MORE
  }
}
