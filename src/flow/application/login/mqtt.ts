/**
 * MQTT 3.1, 3.1.1 and 5 (OASIS, §3.1 and §3.2): who logs in at a broker, and how it is taken.
 *
 * Left out: enhanced authentication (AUTH packets), which no broker has by default; all that follows a login.
 */
import type { Packet } from '../../../decode/index.ts'
import { endsInMessage, NO_MESSAGE, UNTOLD_LENGTH } from '../streams/message-ends.ts'
import { byteAt, pattern, startsWith, textAt, uint16At, type Payload } from '../payload.ts'
import { FactReader, Next } from '../reader.ts'
import { secretDigest } from './secret-digest.ts'

const CONNECT = 0x10
const CONNACK = 0x20
const NAMES = ['\0\x04MQTT', '\0\x06MQIsdp'].map(pattern)
const CONNACK_BYTES = 4
/** The highest code of version 3. */
const MOST_CODE = 5
const LONGEST_USER = 128
const FLAG_WILL = 0x04
const FLAG_PASSWORD = 0x40
const FLAG_USER = 0x80
const VERSION_5 = 5
/** Bad user name or password, not authorised: of version 3, then of version 5. */
const REFUSED: ReadonlySet<number> = new Set([4, 5, 0x86, 0x87])
/** Payloads in which both sides have said what a login needs. */
const MOST_PAYLOADS = 4

interface Login {
  readonly user: string | null
  readonly secret: number | null
}

const UNHEARD: Login = { user: null, secret: null }

/** CONNECT, with its length and the protocol's name behind it. */
export function isMqtt(payload: Payload, first: number): boolean {
  if (first !== CONNECT) return false
  const at = afterLength(payload, 1)
  return at > 0 && NAMES.some((name) => startsWith(payload, name, at))
}

/** A broker's first words where the client's are not captured: CONNACK of version 3, which has but one length. */
export function isMqttReply(payload: Payload, first: number): boolean {
  if (first !== CONNACK || payload.payloadLength !== CONNACK_BYTES) return false
  const isFlag = byteAt(payload, 2) <= 1 && byteAt(payload, 3) <= MOST_CODE
  return byteAt(payload, 1) === CONNACK_BYTES - 2 && isFlag
}

/** A byte, a length of one to four bytes, and what it counts. */
function lengthAt(payload: Payload, at: number): number {
  let length = 0
  for (let index = 0; index < 4; index += 1) {
    const byte = byteAt(payload, at + 1 + index)
    if (byte < 0) return UNTOLD_LENGTH
    length += (byte & 0x7f) << (7 * index)
    if (byte < 0x80) return 2 + index + length
  }
  return NO_MESSAGE
}

export class MqttReader extends FactReader {
  #login: Login | null = null
  #payloads = 0

  override read(packet: Packet, side: number): number {
    this.#payloads += 1
    if (this.#payloads > MOST_PAYLOADS) return Next.DONE
    const first = byteAt(packet, 0)
    if (side === 0 && isMqtt(packet, first)) {
      this.#login = readConnect(packet)
      return this.#login === null ? Next.DONE : Next.MORE
    }
    if (this.#payloads === 1 && isMqttReply(packet, first)) this.#login = UNHEARD
    if (first !== CONNACK || this.#login === null) return Next.MORE
    this.#endLogin(this.#login, byteAt(packet, afterLength(packet, 1) + 1))
    return Next.DONE
  }

  protected override isPiece(payload: Payload): boolean {
    return endsInMessage(payload, 0, lengthAt)
  }

  #endLogin({ user, secret }: Login, code: number): void {
    const isRefused = REFUSED.has(code)
    // Other refusals are of the client's name, its version, or the broker's load.
    if (!this.context.isHeard || (!isRefused && code !== 0)) return
    const outcome = isRefused ? 'failure' : 'success'
    this.context.tell({ kind: 'login', application: 'mqtt', outcome, user, code: String(code), secret }) // prettier-ignore
  }

  /** There is nothing to keep beyond the login. */
  override facts(): null {
    return null
  }
}

/** Returns what stands behind a length of one to four bytes (§2.1.4); 0 where it is none. */
function afterLength(payload: Payload, from: number): number {
  for (let at = from; at < from + 4; at += 1) {
    const byte = byteAt(payload, at)
    if (byte < 0) return 0
    if (byte < 0x80) return at + 1
  }
  return 0
}

/** Returns what stands behind a text with its length in two bytes; -1 where it was cut off. */
function afterText(payload: Payload, at: number): number {
  const length = at < 0 ? -1 : uint16At(payload, at)
  return length < 0 ? -1 : at + 2 + length
}

/** User and password of a CONNECT; null where it has none, or was cut off before them. */
function readConnect(payload: Payload): Login | null {
  const nameAt = afterLength(payload, 1)
  const versionAt = afterText(payload, nameAt)
  const flags = byteAt(payload, versionAt + 1)
  if (flags < 0 || (flags & (FLAG_USER | FLAG_PASSWORD)) === 0) return null
  const isFive = byteAt(payload, versionAt) === VERSION_5
  let at = afterText(payload, afterProperties(payload, versionAt + 4, isFive))
  if ((flags & FLAG_WILL) !== 0) {
    at = afterText(payload, afterText(payload, afterProperties(payload, at, isFive)))
  }
  const passwordAt = (flags & FLAG_USER) === 0 ? at : afterText(payload, at)
  if (at < 0 || passwordAt < 0) return null
  const end = (flags & FLAG_PASSWORD) === 0 ? -1 : afterText(payload, passwordAt)
  return {
    user: (flags & FLAG_USER) === 0 ? null : textAt(payload, at + 2, passwordAt, LONGEST_USER),
    secret: end < 0 ? null : secretDigest(payload, passwordAt + 2, end),
  }
}

/** Properties are of version 5, and shorter than 128 bytes where nobody writes novels. */
function afterProperties(payload: Payload, at: number, isFive: boolean): number {
  if (!isFive || at < 0) return at
  const length = byteAt(payload, at)
  return length < 0 || length >= 0x80 ? -1 : at + 1 + length
}
