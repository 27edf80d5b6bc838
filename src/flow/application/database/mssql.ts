/**
 * Microsoft SQL Server (MS-TDS): how logins end, and how the first questions behind one begin. The login itself is encrypted even where nothing else is,
 * but its answer is not, unless both sides ask for that.
 *
 * Left out: users' names; calls of procedures by RPC; connections within TLS throughout.
 */
import type { Packet } from '../../../decode/index.ts'
import { endsInMessage, NO_MESSAGE, UNTOLD_LENGTH } from '../streams/message-ends.ts'
import {
  byteAt,
  uint16At,
  uint16LittleAt,
  uint32LittleAt,
  utf16TextAt,
  type Payload,
} from '../payload.ts'
import { FactReader, Next } from '../reader.ts'
import { FirstQueries, LONGEST_QUERY } from './first-queries.ts'

const HEADER = 8
const PRELOGIN = 0x12
const RESPONSE = 4
const VERSION_BYTES = 6
const LEGACY_LOGIN = 2
const ERROR_TOKEN = 0xaa
const ENVIRONMENT_TOKEN = 0xe3
const INFO_TOKEN = 0xab
const ACKNOWLEDGEMENT_TOKEN = 0xad
/** "Login failed for user" (sysmessages). */
const LOGIN_FAILED = 18456
/** Tokens looked at of one answer. */
const MOST_TOKENS = 8
/** Payloads of an exchange that is still a login: TLS goes back and forth. */
const MOST_PAYLOADS = 16
const BATCH = 1

/** PRELOGIN, whose first option is the version (MS-TDS §2.2.6.5), or its answer. */
export function isMssql(payload: Payload, first: number): boolean {
  const isWhole = uint16At(payload, 2) === payload.payloadLength && byteAt(payload, 1) === 1
  if (!isWhole) return false
  if (first === PRELOGIN) return byteAt(payload, HEADER) === 0
  return first === RESPONSE ? isPreloginAnswer(payload) : isLegacyLogin(payload, first)
}

/** The version's option, whose length is always the same. */
function isPreloginAnswer(payload: Payload): boolean {
  return byteAt(payload, HEADER) === 0 && uint16At(payload, HEADER + 3) === VERSION_BYTES
}

/** TDS 4.2's login is a packet of one fixed size in two pieces. */
function isLegacyLogin(payload: Payload, first: number): boolean {
  return first === LEGACY_LOGIN && payload.payloadLength === 512 && uint16At(payload, 4) === 0
}

function lengthAt(payload: Payload, at: number): number {
  if (at + HEADER > payload.payloadLength) return UNTOLD_LENGTH
  const length = uint16At(payload, at + 2)
  return length < HEADER ? NO_MESSAGE : length
}

/** A batch of statements, in UTF-16 behind headers that tell their length (MS-TDS §2.2.6.7). */
function queryOf(payload: Payload): string | null {
  if (byteAt(payload, 0) !== BATCH) return null
  const headers = uint32LittleAt(payload, HEADER)
  const from = HEADER + (headers >= 4 && headers < payload.payloadLength ? headers : 0)
  return utf16TextAt(payload, from, payload.payloadCaptured, LONGEST_QUERY)
}

export class MssqlReader extends FactReader {
  #payloads = 0
  #queries: FirstQueries | null = null

  override read(packet: Packet): number {
    if (this.#queries !== null) return this.#queries.note(queryOf(packet))
    this.#payloads += 1
    if (!this.context.isHeard || this.#payloads > MOST_PAYLOADS) return Next.DONE
    if (byteAt(packet, 0) !== RESPONSE) return Next.MORE
    let at = HEADER
    for (let count = 0; count < MOST_TOKENS; count += 1) {
      const token = byteAt(packet, at)
      if (token === ERROR_TOKEN) return this.#fail(uint32LittleAt(packet, at + 3))
      if (token === ACKNOWLEDGEMENT_TOKEN) return this.#end('success', null)
      if (token !== ENVIRONMENT_TOKEN && token !== INFO_TOKEN) return Next.MORE
      const length = uint16LittleAt(packet, at + 1)
      if (length < 0) return Next.MORE
      at += 3 + length
    }
    return Next.MORE
  }

  protected override isPiece(payload: Payload): boolean {
    return this.#queries === null && endsInMessage(payload, 0, lengthAt)
  }

  #fail(number: number): number {
    return number === LOGIN_FAILED ? this.#end('failure', String(number)) : Next.DONE
  }

  #end(outcome: 'failure' | 'success', code: string | null): number {
    const fact = { kind: 'login', application: 'mssql', user: null, secret: null } as const
    this.context.tell({ ...fact, outcome, code })
    if (outcome === 'failure') return Next.DONE
    this.#queries = new FirstQueries('mssql', this.context)
    return Next.MORE
  }

  /** There is nothing to keep of a login that names nobody. */
  override facts(): null {
    return null
  }
}
