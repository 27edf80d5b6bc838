/** MySQL and MariaDB (client/server protocol): greeting, user, how the login ends, how the first questions begin. */
import type { Packet } from '../../../decode/index.ts'
import { endsInMessage, UNTOLD_LENGTH } from '../streams/message-ends.ts'
import {
  byteAt,
  findByte,
  textAt,
  uint16LittleAt,
  uint32LittleAt,
  type Payload,
} from '../payload.ts'
import { Next, type ReadingContext } from '../reader.ts'
import { DatabaseReader } from './database-reader.ts'
import { LONGEST_QUERY } from './first-queries.ts'

const HEADER = 4
const PROTOCOL = 10
const OK = 0x00
const ERROR = 0xff
const PROTOCOL_41 = 0x200
const TLS = 0x800
/** Capabilities, longest packet, character set, filler: what stands before the user's name. */
const USER_AT = HEADER + 32
const LONGEST_VERSION = 64
const LONGEST_USER = 64
/** Access denied: for a password, a database, an account without the right plugin. */
const ACCESS_DENIED = [1044, 1045, 1698, 1862]
/** Payloads of an exchange that is still a login: plugins may go back and forth. */
const MOST_PAYLOADS = 12
const QUERY = 0x03

/** The server's greeting: length, sequence 0, protocol 10, a version of digits. */
export function isMysql(payload: Payload): boolean {
  const length = uint16LittleAt(payload, 0) | (byteAt(payload, 2) << 16)
  if (length + HEADER !== payload.payloadLength || byteAt(payload, 3) !== 0) return false
  const digit = byteAt(payload, 5)
  return byteAt(payload, HEADER) === PROTOCOL && digit >= 0x30 && digit <= 0x39
}

function lengthAt(payload: Payload, at: number): number {
  if (at + HEADER > payload.payloadLength) return UNTOLD_LENGTH
  return HEADER + (uint16LittleAt(payload, at) | (byteAt(payload, at + 2) << 16))
}

function queryOf(payload: Payload): string | null {
  if (byteAt(payload, HEADER) !== QUERY) return null
  return textAt(payload, HEADER + 1, payload.payloadCaptured, LONGEST_QUERY)
}

export class MysqlReader extends DatabaseReader {
  #serverSide = -1
  #hasUser = false
  #payloads = 0

  constructor(context: ReadingContext) {
    super('mysql', context)
  }

  override read(packet: Packet, side: number): number {
    if (this.#serverSide < 0) {
      this.#serverSide = side
      const end = findByte(packet, 0, HEADER + 1, packet.payloadCaptured)
      if (end >= 0) this.version = this.keep(textAt(packet, HEADER + 1, end, LONGEST_VERSION))
      return Next.MORE
    }
    if (this.queries !== null) {
      return this.queries.note(side === this.#serverSide ? null : queryOf(packet))
    }
    this.#payloads += 1
    if (this.#payloads > MOST_PAYLOADS) return Next.DONE
    return side === this.#serverSide ? this.#readReply(packet) : this.#readLogin(packet)
  }

  protected override isPiece(payload: Payload): boolean {
    return this.queries === null && endsInMessage(payload, 0, lengthAt)
  }

  #readLogin(payload: Payload): number {
    if (this.#hasUser) return Next.MORE
    const capabilities = uint32LittleAt(payload, HEADER)
    if ((capabilities & PROTOCOL_41) === 0) return Next.DONE
    // A request for TLS is the login without the name; the name follows encrypted.
    if ((capabilities & TLS) !== 0 && payload.payloadLength <= USER_AT) return this.goOverToTls()
    const end = findByte(payload, 0, USER_AT, payload.payloadCaptured)
    if (end < 0) return Next.DONE
    this.user = this.keep(textAt(payload, USER_AT, end, LONGEST_USER))
    this.#hasUser = true
    return Next.MORE
  }

  #readReply(payload: Payload): number {
    const kind = byteAt(payload, HEADER)
    if (kind === OK) return this.endLogin('success', null)
    if (kind !== ERROR) return Next.MORE
    const code = uint16LittleAt(payload, HEADER + 1)
    return ACCESS_DENIED.includes(code)
      ? this.endLogin('failure', String(code))
      : this.fail(String(code))
  }
}
