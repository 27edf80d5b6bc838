/**
 * QUIC's Initial packets (RFC 9000 §17.2.2): taken out of a datagram, decrypted, and the pieces of the handshake
 * found in them.
 */
import { byteAt, uint32At, type Payload } from '../../payload.ts'
import { InitialKeys } from './quic-keys.ts'

const VERSION_2 = 0x6b3343cf
const ID_LENGTH = 5
const SAMPLE_BYTES = 16
/** Where the sample begins, counted from the packet number: it may be four bytes long. */
const SAMPLE_FROM = 4
/** Packets of one datagram looked at: an Initial comes first, or behind another one. */
const MOST_COALESCED = 3

const FRAME_PADDING = 0x00
const FRAME_PING = 0x01
const FRAME_ACK = 0x02
const FRAME_ACK_ECN = 0x03
const FRAME_CRYPTO = 0x06
/** Frames of one packet, padding left out; scattered hellos have some twenty. */
const MOST_FRAMES = 128

/** A piece of the handshake's stream. */
export interface CryptoPiece {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** Reads integers of a length of their own (RFC 9000 §16). */
class VarintCursor {
  readonly #bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  /** NaN behind the end. */
  next(): number {
    const first = this.#bytes[this.at]
    if (first === undefined) return Number.NaN
    const length = 1 << (first >>> 6)
    if (this.at + length > this.#bytes.length) return Number.NaN
    let value = first & 0x3f
    for (let index = 1; index < length; index += 1)
      value = value * 256 + this.#bytes[this.at + index]!
    this.at += length
    return value
  }
}

/**
 * Takes the pieces of the handshake out of the Initials of a client's datagram.
 *
 * Null where it has none that can be read: of another version, cut by the capture, not a client's, or damaged.
 */
export function initialPieces(datagram: Payload): CryptoPiece[] | null {
  const { buffer, payloadOffset, payloadCaptured, payloadLength } = datagram
  if (payloadCaptured < payloadLength) return null
  const bytes = buffer.subarray(payloadOffset, payloadOffset + payloadCaptured)
  const pieces: CryptoPiece[] = []
  let keys: InitialKeys | null = null
  let at = 0
  for (let count = 0; count < MOST_COALESCED && at < bytes.length; count += 1) {
    const packet = initialAt(bytes, at)
    if (packet === null) break
    keys ??= InitialKeys.of(packet.version, packet.destinationId)
    const plain = keys === null ? null : opened(packet, keys)
    if (plain === null || !readFrames(plain, pieces)) break
    at = packet.end
  }
  return pieces.length === 0 ? null : pieces
}

interface InitialPacket {
  readonly version: number
  readonly destinationId: Uint8Array
  /** From the packet's first byte to its end. */
  readonly bytes: Uint8Array
  /** Where the packet number begins, within `bytes`. */
  readonly numberAt: number
  /** Where the next packet of the datagram begins. */
  readonly end: number
}

function initialAt(datagram: Uint8Array, at: number): InitialPacket | null {
  const whole = datagram.subarray(at)
  const view: Payload = {
    buffer: whole,
    payloadOffset: 0,
    payloadCaptured: whole.length,
    payloadLength: whole.length,
  }
  const version = uint32At(view, 1)
  const type = (byteAt(view, 0) >>> 4) & 3
  if (byteAt(view, 0) < 0xc0 || type !== (version === VERSION_2 ? 1 : 0)) return null
  const destinationAt = ID_LENGTH + 1
  const sourceAt = destinationAt + byteAt(view, ID_LENGTH)
  const tokenAt = sourceAt + 1 + byteAt(view, sourceAt)
  const cursor = new VarintCursor(whole, tokenAt)
  const tokenBytes = cursor.next()
  cursor.at += tokenBytes
  const length = cursor.next()
  const end = cursor.at + length
  // Also where a length was missing: comparisons with NaN are false.
  if (!(end <= whole.length && length >= SAMPLE_FROM + SAMPLE_BYTES)) return null
  return {
    version,
    destinationId: whole.subarray(destinationAt, sourceAt),
    bytes: whole.subarray(0, end),
    numberAt: cursor.at,
    end: at + end,
  }
}

/** Takes the protection off the header (RFC 9001 §5.4), then decrypts the rest. */
function opened({ bytes, numberAt }: InitialPacket, keys: InitialKeys): Uint8Array | null {
  const sampleAt = numberAt + SAMPLE_FROM
  const mask = keys.mask(bytes.subarray(sampleAt, sampleAt + SAMPLE_BYTES))
  const first = bytes[0]! ^ (mask[0]! & 0x0f)
  const numberBytes = (first & 3) + 1
  const header = Uint8Array.from(bytes.subarray(0, numberAt + numberBytes))
  header[0] = first
  let packetNumber = 0
  for (let index = 0; index < numberBytes; index += 1) {
    header[numberAt + index]! ^= mask[1 + index]!
    packetNumber = packetNumber * 256 + header[numberAt + index]!
  }
  return keys.open(header, packetNumber, bytes.subarray(numberAt + numberBytes))
}

/** Adds the pieces; false where a frame makes no sense, or is of a kind that no Initial has. */
function readFrames(plain: Uint8Array, pieces: CryptoPiece[]): boolean {
  const cursor = new VarintCursor(plain, 0)
  for (let count = 0; count < MOST_FRAMES; count += 1) {
    while (plain[cursor.at] === FRAME_PADDING) cursor.at += 1
    if (cursor.at >= plain.length) return true
    const type = cursor.next()
    if (type === FRAME_PING) continue
    if (type === FRAME_ACK || type === FRAME_ACK_ECN) {
      if (!skipAck(cursor, type === FRAME_ACK_ECN)) return false
      continue
    }
    if (type !== FRAME_CRYPTO) return false
    const offset = cursor.next()
    const length = cursor.next()
    const end = cursor.at + length
    if (!(end <= plain.length)) return false
    pieces.push({ offset, bytes: plain.subarray(cursor.at, end) })
    cursor.at = end
  }
  return true
}

/** RFC 9000 §19.3. */
function skipAck(cursor: VarintCursor, hasCounts: boolean): boolean {
  cursor.next()
  cursor.next()
  const ranges = cursor.next()
  if (!(ranges <= MOST_FRAMES)) return false
  let last = cursor.next()
  for (let index = 0; index < ranges * 2 + (hasCounts ? 3 : 0); index += 1) last = cursor.next()
  return !Number.isNaN(last)
}
