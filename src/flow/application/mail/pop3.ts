/** POP3 (RFC 1939, AUTH RFC 5034, STLS RFC 2595) up to a login that succeeds; the mails are not read. */
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

const GREETING = pattern('+OK ')
const OK = pattern('+OK')
const ERROR = pattern('-ERR')
const USER = pattern('USER ')
const APOP = pattern('APOP ')
const PASS = pattern('PASS')
const AUTH = pattern('AUTH ')
const STLS = pattern('STLS')
const PORT = 110
const LONGEST_LINE = 1024

/** The greeting, or USER to POP3's port. */
export function isPop3(packet: Packet): boolean {
  return (
    startsWith(packet, GREETING) ||
    (packet.destinationPort === PORT && startsWithWord(packet, USER))
  )
}

export class Pop3Reader extends LoginReader {
  #pending: 'nothing' | 'login' | 'tls' = 'nothing'
  readonly #sasl = new SaslExchange()

  constructor(context: ReadingContext) {
    super('pop3', context)
  }

  protected override speaksLikeServer(payload: Payload): boolean {
    return startsWith(payload, OK) || startsWith(payload, ERROR)
  }

  protected override readCommand(payload: Payload, from: number, to: number): number {
    if (this.#pending === 'login' && this.#sasl.isUnderWay) {
      this.offer(this.#sasl.answer(textAt(payload, from, to, LONGEST_LINE)))
      return Next.MORE
    }
    if (startsWithWord(payload, USER, from)) {
      this.nameUser(payload, from + USER.length, to)
    } else if (startsWithWord(payload, APOP, from)) {
      const space = findByte(payload, 0x20, from + APOP.length, to)
      this.nameUser(payload, from + APOP.length, space < 0 ? to : space)
      this.#pending = 'login'
    } else if (startsWithWord(payload, PASS, from)) {
      this.offerSecret(payload, from + PASS.length + 1, to)
      this.#pending = 'login'
    } else if (startsWithWord(payload, AUTH, from)) {
      this.offer(this.#sasl.begin(textAt(payload, from + AUTH.length, to, LONGEST_LINE)))
      this.#pending = 'login'
    } else if (startsWithWord(payload, STLS, from)) {
      this.#pending = 'tls'
    }
    return Next.MORE
  }

  protected override readReply(payload: Payload, from: number, to: number): number {
    const isOk = startsWith(payload, OK, from)
    if (!isOk && !startsWith(payload, ERROR, from)) return Next.MORE
    const text = byteAt(payload, from + OK.length) === 0x20 ? from + OK.length + 1 : from
    const pending = this.#pending
    this.#pending = 'nothing'
    if (isOk && pending === 'nothing') this.greet(payload, text, to)
    else if (isOk && pending === 'tls') return this.goOverToTls()
    else if (pending === 'login') {
      this.endLogin(isOk ? 'success' : 'failure', isOk ? '+OK' : '-ERR')
      if (isOk) return Next.DONE
    }
    return Next.MORE
  }
}
