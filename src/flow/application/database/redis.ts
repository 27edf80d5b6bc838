/**
 * Redis (RESP 2 and 3): the names of commands, and how logins end. Arguments are not read, but for the
 * subcommand of the few commands that attackers turn on a server with (`CONFIG SET`, `MODULE LOAD`).
 */
import type { Packet } from '../../../decode/index.ts'
import type { RedisFacts } from '../facts.ts'
import {
  byteAt,
  findByte,
  findWord,
  lineEnd,
  nextLine,
  pattern,
  startsWith,
  startsWithAny,
  textAt,
  uint16At,
  type Payload,
} from '../payload.ts'
import { endsInLine, endsInMessage, NO_MESSAGE, UNTOLD_LENGTH } from '../streams/message-ends.ts'
import { secretDigest } from '../login/secret-digest.ts'
import { FactReader, Next } from '../reader.ts'

const WORDS = ['PING\r\n', 'INFO\r\n', '+PONG\r\n', '-NOAUTH ', '-ERR ', 'AUTH '].map(pattern)
const NO_AUTH = pattern('-NOAUTH')
const OK = pattern('+OK')
const AUTH = pattern('AUTH')
const LONGEST_HELLO = 128
const ARRAY = 0x2a
const BULK = 0x24
const ERROR = 0x2d
const MAP = 0x25
const LONGEST_NAME = 32
/** Of a longer command the first words are enough. */
const MOST_WORDS = 16
/** Commands read of one segment: a client that loads data sends hundreds, which are all alike. */
const MOST_COMMANDS = 16
const WITH_SUBCOMMAND = new Set(['CONFIG', 'MODULE', 'SCRIPT', 'CLIENT', 'ACL', 'DEBUG', 'CLUSTER'])

/** An inline command or a reply. */
export function isRedisText(payload: Payload): boolean {
  return startsWithAny(payload, WORDS)
}

/** A command as an array of bulk strings: `*3\r\n$3\r\n…`. */
export function isRedisArray(payload: Payload, first: number): boolean {
  if (first !== ARRAY) return false
  const at = byteAt(payload, 2) === 0x0d ? 2 : 3
  return uint16At(payload, at) === 0x0d0a && byteAt(payload, at + 2) === BULK
}

export class RedisReader extends FactReader {
  #clientSide = -1
  #command: string | null = null
  #commands = 0
  #speaksArrays = false
  #refusals = 0
  #authFailures = 0
  #authSuccesses = 0
  /** A login waits for its answer. */
  #isPending = false
  /** The digest of the whole command that asks for it. */
  #secret = 0

  override read(packet: Packet, side: number): number {
    if (this.#clientSide < 0) {
      const first = byteAt(packet, 0)
      const isReply = first === ERROR || first === 0x2b
      this.#clientSide = isReply ? 1 - side : side
    }
    if (side === this.#clientSide) this.#readCommands(packet)
    else this.#readReply(packet)
    return Next.MORE
  }

  protected override isPiece(payload: Payload): boolean {
    const first = byteAt(payload, 0)
    return first === ARRAY
      ? endsInMessage(payload, 0, lengthAt)
      : first !== BULK && endsInLine(payload)
  }

  /** A script sends many in one go: the first asks for what is answered next, the others are told as well. */
  #readCommands(payload: Payload): void {
    this.#isPending = false
    let at = 0
    for (let count = 0; count < MOST_COMMANDS && at < payload.payloadCaptured; count += 1) {
      const isArray = byteAt(payload, at) === ARRAY
      this.#speaksArrays ||= isArray
      // What goes on from the segment before may be any text, whose lines are no commands.
      if (at > 0 && this.#speaksArrays && !isArray) return
      this.#readCommand(payload, isArray ? bulkWords(payload, at) : inlineWords(payload, at), at)
      const next = isArray ? at + lengthAt(payload, at) : nextLine(payload, at)
      if (next <= at) return
      at = next
    }
  }

  #readCommand(payload: Payload, words: readonly string[], at: number): void {
    const name = words[0]?.toUpperCase()
    if (name === undefined || !/^[A-Z._-]+$/.test(name)) return
    const subcommand = WITH_SUBCOMMAND.has(name) ? ` ${words[1]?.toUpperCase() ?? ''}` : ''
    const command = `${name}${subcommand}`.trim()
    this.#commands += 1
    const isLogin = name === 'AUTH' || (name === 'HELLO' && hasAuth(payload))
    if (at === 0 && isLogin) {
      this.#isPending = true
      this.#secret = secretDigest(payload, 0, payload.payloadCaptured)
    }
    if (this.context.isHeard) this.context.tell({ kind: 'redis-command', command })
    this.#command ??= this.keep(command)
  }

  #readReply(payload: Payload): void {
    if (startsWith(payload, NO_AUTH)) this.#refusals += 1
    if (this.#isPending) {
      const first = byteAt(payload, 0)
      const isDone = startsWith(payload, OK) || first === MAP || first === ARRAY
      if (first === ERROR) this.#endLogin('failure', errorName(payload))
      else if (isDone) this.#endLogin('success', null)
    }
    this.#isPending = false
  }

  #endLogin(outcome: 'failure' | 'success', code: string | null): void {
    if (outcome === 'failure') this.#authFailures += 1
    else this.#authSuccesses += 1
    if (!this.context.isHeard) return
    this.context.tell({
      kind: 'login',
      application: 'redis',
      outcome,
      user: null,
      code,
      secret: this.#secret,
    })
  }

  override facts(): RedisFacts {
    return {
      kind: 'redis',
      command: this.#command,
      commands: this.#commands,
      refusals: this.#refusals,
      authFailures: this.#authFailures,
      authSuccesses: this.#authSuccesses,
    }
  }
}

/** An array of bulk strings, each a line with its length, then the text and another line's end. */
function lengthAt(payload: Payload, from: number): number {
  if (byteAt(payload, from) !== ARRAY) return NO_MESSAGE
  const count = numberAt(payload, from + 1)
  let at = nextLine(payload, from)
  for (let index = 0; index < Math.min(count, MOST_WORDS); index += 1) {
    if (at < 0 || at >= payload.payloadCaptured) return UNTOLD_LENGTH
    const text = nextLine(payload, at)
    if (text < 0) return UNTOLD_LENGTH
    if (byteAt(payload, at) !== BULK) return NO_MESSAGE
    at = text + numberAt(payload, at + 1) + 2
  }
  return at < 0 ? UNTOLD_LENGTH : at - from
}

function numberAt(payload: Payload, from: number): number {
  const digits = textAt(payload, from, lineEnd(payload, from), 8)
  return /^\d{1,8}$/.test(digits) ? Number(digits) : 0
}

/** HELLO may log in, too (RESP 3). */
function hasAuth(payload: Payload): boolean {
  return findWord(payload, AUTH, 0, LONGEST_HELLO) >= 0
}

function errorName(payload: Payload): string {
  const end = lineEnd(payload, 0)
  const space = findByte(payload, 0x20, 0, end)
  return textAt(payload, 1, space < 0 ? end : space, LONGEST_NAME)
}

/** The first words of an inline command. */
function inlineWords(payload: Payload, from: number): string[] {
  return textAt(payload, from, lineEnd(payload, from), 2 * LONGEST_NAME).split(' ', 2)
}

/** The first two bulk strings: each a line with its length, then the text. */
function bulkWords(payload: Payload, from: number): string[] {
  const words: string[] = []
  let at = nextLine(payload, from)
  while (words.length < 2 && at >= 0 && byteAt(payload, at) === BULK) {
    const text = nextLine(payload, at)
    if (text < 0) break
    words.push(textAt(payload, text, lineEnd(payload, text), LONGEST_NAME))
    at = nextLine(payload, text)
  }
  return words
}
