/** What FTP, SMTP, POP3 and IMAP have in common: lines, a greeting, logins that the server answers. */
import type { Packet } from '../../../decode/index.ts'
import type { ApplicationFacts, LoginFacts } from '../facts.ts'
import { endsInLine } from '../streams/message-ends.ts'
import { byteAt, escapedText, lineEnd, nextLine, textAt, type Payload } from '../payload.ts'
import { FactReader, Next, type ReadingContext } from '../reader.ts'
import type { Credentials } from './sasl-exchange.ts'
import { secretDigest } from './secret-digest.ts'

/** Lines read of one payload. */
const MOST_LINES = 64
const LONGEST_BANNER = 256
const LONGEST_USER = 128

export abstract class LoginReader extends FactReader {
  readonly #kind: LoginFacts['kind']
  #serverSide = -1
  #hasHeardServer = false
  #banner: string | null = null
  #client: string | null = null
  #firstUser: string | null = null
  /** The user of the login under way; not kept beyond it. */
  #user: string | null = null
  /** The digest of what was offered as password. */
  #secret: number | null = null
  #authFailures = 0
  #authSuccesses = 0
  #startsTls = false

  constructor(kind: LoginFacts['kind'], context: ReadingContext) {
    super(context)
    this.#kind = kind
  }

  override read(packet: Packet, side: number): number {
    // Who speaks like a server is one, also where the capture begins in mid-stream.
    if (this.#serverSide < 0) this.#serverSide = this.speaksLikeServer(packet) ? side : 1 - side
    const isFromServer = side === this.#serverSide
    if (isFromServer) this.hearsServer()
    return this.readPayload(packet, isFromServer)
  }

  protected override isPiece(payload: Payload, _side: number): boolean {
    return endsInLine(payload)
  }

  protected hearsServer(): void {
    this.#hasHeardServer = true
  }

  /** Reads a payload line by line; the last line may be cut. */
  protected readPayload(payload: Payload, isFromServer: boolean): number {
    let from = 0
    let next: number = Next.MORE
    for (let count = 0; from >= 0 && from < payload.payloadCaptured; count += 1) {
      if (count === MOST_LINES || next !== Next.MORE) break
      const to = lineEnd(payload, from)
      next = isFromServer ? this.readReply(payload, from, to) : this.readCommand(payload, from, to)
      from = nextLine(payload, from)
    }
    return next
  }

  protected abstract speaksLikeServer(payload: Payload): boolean
  protected abstract readReply(payload: Payload, from: number, to: number): number
  protected abstract readCommand(payload: Payload, from: number, to: number): number

  protected greet(payload: Payload, from: number, to: number): void {
    if (this.#banner !== null) return
    const text = textAt(payload, from, to, LONGEST_BANNER)
    this.#banner = this.keep(text)
    this.tellBanner(text)
  }

  protected tellBanner(text: string): void {
    if (!this.context.isHeard) return
    this.context.tell({
      kind: 'banner',
      application: this.#kind,
      isFromResponder: true,
      text,
    })
  }

  protected nameClient(payload: Payload, from: number, to: number): void {
    this.#client ??= this.keep(textAt(payload, from, to, LONGEST_USER))
  }

  protected nameUser(payload: Payload, from: number, to: number): void {
    this.setUser(textAt(payload, from, to, LONGEST_USER))
  }

  protected setUser(user: string): void {
    this.#user = user
    this.#firstUser ??= this.keep(user)
  }

  /** The password stands between two places; only its digest is kept, until the login ends. */
  protected offerSecret(payload: Payload, from: number, to: number): void {
    if (!this.context.isHeard) return
    this.#secret = secretDigest(payload, from, to)
    this.#tellOffer()
  }

  protected offer(credentials: Credentials | null): void {
    if (credentials === null) return
    this.setUser(escapedText(credentials.user, LONGEST_USER))
    this.#secret = credentials.secret
    this.#tellOffer()
  }

  /** These servers speak first: one that has said nothing by now is not captured. */
  #tellOffer(): void {
    const secret = this.#secret
    if (secret === null || !this.context.isHeard) return
    this.context.tell({
      kind: 'login-offer',
      application: this.#kind,
      user: this.#user,
      secret,
      isServerHeard: this.#hasHeardServer,
    })
  }

  protected endLogin(outcome: 'failure' | 'success', code: string | null): void {
    if (outcome === 'failure') this.#authFailures += 1
    else this.#authSuccesses += 1
    if (!this.context.isHeard) return
    this.context.tell({
      kind: 'login',
      application: this.#kind,
      outcome,
      user: this.#user,
      code,
      secret: this.#secret,
    })
    this.#secret = null
  }

  /** What follows is encrypted. */
  protected goOverToTls(): number {
    this.#startsTls = true
    return Next.DONE
  }

  override facts(): ApplicationFacts {
    return {
      kind: this.#kind,
      banner: this.#banner,
      user: this.#firstUser,
      client: this.#client,
      authFailures: this.#authFailures,
      authSuccesses: this.#authSuccesses,
      startsTls: this.#startsTls,
    }
  }
}

/** Returns the three digits a reply begins with; -1 where it has none. */
export function replyCode(payload: Payload, from: number, to: number): number {
  if (to - from < 3) return -1
  let code = 0
  for (let at = from; at < from + 3; at += 1) {
    const digit = byteAt(payload, at) - 0x30
    if (digit < 0 || digit > 9) return -1
    code = code * 10 + digit
  }
  return code
}

/** Says whether a reply is the last line of its kind: `230 `, not `230-`. */
export function isLastLine(payload: Payload, from: number, to: number): boolean {
  return to - from === 3 || byteAt(payload, from + 3) !== 0x2d
}
