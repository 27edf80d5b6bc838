/** FTP's control connection (RFC 959, TLS RFC 4217). Left out: the data connections and what they carry. */
import type { Packet } from '../../../decode/index.ts'
import {
  byteAt,
  findWord,
  pattern,
  startsWithAny,
  startsWithWord,
  textAt,
  type Payload,
} from '../payload.ts'
import { endsInLine } from '../streams/message-ends.ts'
import { Next, type ReadingContext } from '../reader.ts'
import { LoginReader, isLastLine, replyCode } from './login-reader.ts'

const COMMANDS = ['331 ', '530 ', '230 ', 'AUTH TLS\r\n', 'FEAT\r\n'].map(pattern)
const USER = pattern('USER ')
const PASS = pattern('PASS')
const STORE = pattern('STOR ')
const SITE = pattern('SITE ')
const PORT = pattern('PORT ')
const LONGEST_PORT = 32
const LONGEST_COMMAND = 256
const LONGEST_NAME = 255
/** Fewer bytes of a greeting do not tell whose it is. */
const SHORTEST_GREETING = 16
/** How servers refuse whatever comes before a login; no login was refused then. */
const PLEASE_LOG_IN = ['PLEASE', 'NOT LOGGED IN'].map(pattern)

/** FTP's port: a bare 220 or USER says too little to tell it from mail. */
const FTP_PORT = 21

/** Says whether a payload that is no greeting belongs to FTP's control connection. */
export function isFtp(packet: Packet): boolean {
  return (
    startsWithAny(packet, COMMANDS) ||
    (packet.destinationPort === FTP_PORT && startsWithWord(packet, USER))
  )
}

export class FtpReader extends LoginReader {
  /** A USER or PASS waits for its answer. */
  #isPending = false
  #heardClient = false

  constructor(context: ReadingContext) {
    super('ftp', context)
  }

  protected override speaksLikeServer(payload: Payload): boolean {
    return replyCode(payload, 0, payload.payloadCaptured) >= 0
  }

  protected override readCommand(payload: Payload, from: number, to: number): number {
    this.#heardClient = true
    if (startsWithWord(payload, USER, from)) {
      this.nameUser(payload, from + USER.length, to)
      this.#isPending = true
    } else if (startsWithWord(payload, PASS, from)) {
      this.offerSecret(payload, from + PASS.length + 1, to)
      this.#isPending = true
    } else if (this.context.isHeard && startsWithWord(payload, STORE, from)) {
      const name = textAt(payload, from + STORE.length, to, LONGEST_NAME)
      this.context.tell({ kind: 'sent-name', application: 'ftp', name })
    } else if (this.context.isHeard && startsWithWord(payload, PORT, from)) {
      this.context.tell({ kind: 'typed-command', text: textAt(payload, from, to, LONGEST_PORT) })
    } else if (this.context.isHeard && startsWithWord(payload, SITE, from)) {
      this.context.tell({ kind: 'typed-command', text: textAt(payload, from, to, LONGEST_COMMAND) })
    }
    return Next.MORE
  }

  protected override readReply(payload: Payload, from: number, to: number): number {
    const code = replyCode(payload, from, to)
    if (code < 0) return Next.MORE
    // FTP's first line may be one of several; all else counts with its last.
    if (code === 220) this.greet(payload, from + 4, to)
    if (!isLastLine(payload, from, to)) return Next.MORE
    if (code === 230 || code === 232) this.#end('success', code)
    else if (code === 430 || (code === 530 && this.#isRefusal(payload, from, to))) {
      this.#end('failure', code)
    } else if (code === 234) return this.goOverToTls()
    return Next.MORE
  }

  #end(outcome: 'failure' | 'success', code: number): void {
    this.endLogin(outcome, String(code))
    this.#isPending = false
  }

  #isRefusal(payload: Payload, from: number, to: number): boolean {
    if (this.#heardClient) return this.#isPending
    // Only one side was captured: the words must tell.
    return !PLEASE_LOG_IN.some((words) => findWord(payload, words, from, to) >= 0)
  }
}

const FTP_WORD = pattern('FTP')
/** Submission, relaying within a house, and what those use to whom 25 is closed. */
const MAIL_PORTS: ReadonlySet<number> = new Set([24, 25, 465, 587, 2525])
const MAIL_WORDS = [pattern('SMTP'), pattern('MAIL')]
/** Long enough for a host name; the rest of a banner is advertisement. */
const SEARCHED_BYTES = 96

/**
 * Tells FTP from mail by a greeting of 220: by its words, else by the port. Mail says what it is nearly always; what
 * speaks neither (VMware's consoles) takes USER and PASS as FTP does.
 */
export function isFtpGreeting(packet: Packet): boolean {
  if (findWord(packet, FTP_WORD, 4, SEARCHED_BYTES) >= 0) return true
  for (const word of MAIL_WORDS) if (findWord(packet, word, 4, SEARCHED_BYTES) >= 0) return false
  return !MAIL_PORTS.has(packet.sourcePort)
}

/** `220 ` or `220-`, with which both FTP and SMTP greet; a piece of it does not tell which. */
export function is220(packet: Packet): boolean {
  const fourth = byteAt(packet, 3)
  if (packet.payloadLength < SHORTEST_GREETING && endsInLine(packet)) return false
  return (
    replyCode(packet, 0, packet.payloadCaptured) === 220 && (fourth === 0x20 || fourth === 0x2d)
  )
}
