/**
 * PostgreSQL (frontend/backend protocol 3): user, database, how the login ends, the latter also where only the server
 * is heard; how the first questions begin.
 */
import type { Packet } from '../../../decode/index.ts'
import { endsInMessage, NO_MESSAGE, UNTOLD_LENGTH } from '../streams/message-ends.ts'
import { byteAt, findByte, textAt, uint16At, uint32At, type Payload } from '../payload.ts'
import { Next, type ReadingContext } from '../reader.ts'
import { DatabaseReader } from './database-reader.ts'
import { LONGEST_QUERY } from './first-queries.ts'

const PARAMETERS = 8
const MOST_PARAMETERS = 16
const LONGEST_VALUE = 64
/** The numbers of requests for TLS and GSS encryption, and to cancel: 1234 above, these below. */
const MAGIC = 1234
const LOWEST_MAGIC = 5678
const HIGHEST_MAGIC = 5680
const YES_TLS = 0x53
const YES_GSS = 0x47
const AUTHENTICATION = 0x52
const ERROR = 0x45
/** No encryption: what was asked for in the clear goes on. */
const NO = 0x4e
const ENCRYPTION_ANSWERS = [YES_TLS, YES_GSS, NO]
/** The highest number of a way to authenticate. */
const MOST_WAYS = 12
const SEVERITY_FIELD = 0x53
const CODE_FIELD = 0x43
const MOST_FIELDS = 16
/** invalid_password, invalid_authorization_specification. */
const LOGIN_CODES = ['28P01', '28000']
const MOST_PAYLOADS = 16
const QUERY = 0x51
const PARSE = 0x50
const MESSAGE_HEAD = 5

/** A start-up, TLS, GSS or cancel request: its length, then version 3 or a magic number. */
export function isPostgresql(payload: Payload): boolean {
  if (uint16At(payload, 0) !== 0 || uint16At(payload, 2) !== payload.payloadLength) return false
  const major = uint16At(payload, 4)
  const minor = uint16At(payload, 6)
  return (major === 3 && minor <= 2) || isMagic(major, minor)
}

/** A server's first words: how to authenticate, or why not; behind its refusal of encryption, if it was asked for. */
export function isPostgresqlReply(payload: Payload): boolean {
  const at = beginOf(payload)
  const kind = byteAt(payload, at)
  if (kind !== AUTHENTICATION && kind !== ERROR) return false
  if (uint32At(payload, at + 1) !== payload.payloadLength - at - 1) return false
  if (kind === ERROR) return byteAt(payload, at + 5) === SEVERITY_FIELD
  const way = uint32At(payload, at + 5)
  return way >= 0 && way <= MOST_WAYS
}

function beginOf(payload: Payload): number {
  return byteAt(payload, 0) === NO ? 1 : 0
}

function isMagic(major: number, minor: number): boolean {
  return major === MAGIC && minor >= LOWEST_MAGIC && minor <= HIGHEST_MAGIC
}

/** A start-up begins with its length, all else with a letter; the answers about encryption are nothing but that. */
function lengthAt(payload: Payload, at: number): number {
  const letter = byteAt(payload, at)
  if (payload.payloadLength === 1 && ENCRYPTION_ANSWERS.includes(letter)) return NO_MESSAGE
  if (at === 0 && letter === NO && isPostgresqlReply(payload)) return 1
  const from = letter === 0 ? at : at + 1
  if (from + 4 > payload.payloadLength) return UNTOLD_LENGTH
  return from - at + Math.max(4, uint32At(payload, from))
}

/** A question, or one that is prepared: that has a name before it. */
function queryOf(payload: Payload): string | null {
  const kind = byteAt(payload, 0)
  if (kind !== QUERY && kind !== PARSE) return null
  const end = payload.payloadCaptured
  const from = kind === QUERY ? MESSAGE_HEAD : findByte(payload, 0, MESSAGE_HEAD, end) + 1
  const to = findByte(payload, 0, from, end)
  return from <= 0 ? null : textAt(payload, from, to < 0 ? end : to, LONGEST_QUERY)
}

export class PostgresqlReader extends DatabaseReader {
  #clientSide = -1
  #isAskingForEncryption = false
  #payloads = 0

  constructor(context: ReadingContext) {
    super('postgresql', context)
  }

  override read(packet: Packet, side: number): number {
    if (this.#clientSide < 0) this.#clientSide = isPostgresqlReply(packet) ? 1 - side : side
    if (this.queries !== null) {
      return this.queries.note(side === this.#clientSide ? queryOf(packet) : null)
    }
    this.#payloads += 1
    if (this.#payloads > MOST_PAYLOADS) return Next.DONE
    return side === this.#clientSide ? this.#readRequest(packet) : this.#readReply(packet)
  }

  protected override isPiece(payload: Payload): boolean {
    return this.queries === null && endsInMessage(payload, 0, lengthAt)
  }

  #readRequest(payload: Payload): number {
    if (!isPostgresql(payload)) return Next.MORE
    this.#isAskingForEncryption = isMagic(uint16At(payload, 4), uint16At(payload, 6))
    if (this.#isAskingForEncryption) return Next.MORE
    let at = PARAMETERS
    for (let count = 0; count < MOST_PARAMETERS; count += 1) {
      const nameEnd = findByte(payload, 0, at, payload.payloadCaptured)
      const valueEnd = findByte(payload, 0, nameEnd + 1, payload.payloadCaptured)
      if (nameEnd <= at || valueEnd < 0) break
      const name = textAt(payload, at, nameEnd, LONGEST_VALUE)
      const value = textAt(payload, nameEnd + 1, valueEnd, LONGEST_VALUE)
      if (name === 'user') this.user = this.keep(value)
      else if (name === 'database') this.database = this.keep(value)
      at = valueEnd + 1
    }
    return Next.MORE
  }

  #readReply(payload: Payload): number {
    const at = payload.payloadLength > 1 ? beginOf(payload) : 0
    const kind = byteAt(payload, at)
    if (this.#isAskingForEncryption && payload.payloadLength === 1) {
      return kind === YES_TLS || kind === YES_GSS ? this.goOverToTls() : Next.MORE
    }
    if (kind === AUTHENTICATION) {
      return uint32At(payload, at + 5) === 0 ? this.endLogin('success', null) : Next.MORE
    }
    if (kind !== ERROR) return Next.MORE
    const code = sqlState(payload, at + 5)
    return code !== null && LOGIN_CODES.includes(code)
      ? this.endLogin('failure', code)
      : this.fail(code)
  }
}

/** The code among an error's fields, each a letter and text up to a NUL. */
function sqlState(payload: Payload, from: number): string | null {
  let at = from
  for (let count = 0; count < MOST_FIELDS; count += 1) {
    const end = findByte(payload, 0, at + 1, payload.payloadCaptured)
    if (end < 0) return null
    if (byteAt(payload, at) === CODE_FIELD) return textAt(payload, at + 1, end, 5)
    at = end + 1
  }
  return null
}
