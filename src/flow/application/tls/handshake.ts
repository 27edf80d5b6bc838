/** TLS's record layer (RFC 8446 §5.1) as far as handshake messages in the clear go. */
import { PayloadPart, byteAt, uint16At, uint24At, type Payload } from '../payload.ts'

export const ContentType = { CHANGE_CIPHER: 20, ALERT: 21, HANDSHAKE: 22 } as const
export const Handshake = { CLIENT_HELLO: 1, SERVER_HELLO: 2, CERTIFICATE: 11 } as const

const RECORD_HEADER = 5
/** Type and 24 bits of length. */
export const HANDSHAKE_HEADER = 4

const joined = new Uint8Array(8192)
const message = new PayloadPart()
const joinedPart = new PayloadPart()

/** Says whether the bytes begin a record that holds a client or server hello. */
export function isTls(payload: Payload, first: number): boolean {
  if (first !== ContentType.HANDSHAKE || byteAt(payload, 1) !== 3 || byteAt(payload, 2) > 4) {
    return false
  }
  const handshake = byteAt(payload, RECORD_HEADER)
  return handshake === Handshake.CLIENT_HELLO || handshake === Handshake.SERVER_HELLO
}

/**
 * Returns the handshake's bytes without the record headers between them, as far as they are there.
 *
 * Shape: a view that the next call changes. Nothing is copied while the first record holds the first
 * message whole; a message may be cut over records, which real clients hardly do and evaders like.
 */
export function handshakeBytes(payload: Payload): Payload {
  const firstRecord = RECORD_HEADER + uint16At(payload, 3)
  const firstMessage = RECORD_HEADER + HANDSHAKE_HEADER + uint24At(payload, RECORD_HEADER + 1)
  if (firstMessage <= firstRecord && payload.payloadCaptured <= firstRecord) {
    return message.show(payload, RECORD_HEADER, payload.payloadCaptured)
  }
  let length = 0
  let at = 0
  while (byteAt(payload, at) === ContentType.HANDSHAKE && uint16At(payload, at + 3) > 0) {
    const end = Math.min(at + RECORD_HEADER + uint16At(payload, at + 3), payload.payloadCaptured)
    const from = payload.payloadOffset + at + RECORD_HEADER
    const taken = Math.min(payload.payloadOffset + end - from, joined.length - length)
    if (taken > 0) joined.set(payload.buffer.subarray(from, from + taken), length)
    length += Math.max(0, taken)
    at = end
  }
  joinedPart.buffer = joined
  joinedPart.payloadLength = length
  joinedPart.payloadCaptured = length
  return joinedPart
}

/** Says whether, after the handshake's records, another kind of record stands: no more will come. */
export function endsHandshake(payload: Payload): boolean {
  let at = 0
  while (byteAt(payload, at) === ContentType.HANDSHAKE && uint16At(payload, at + 3) >= 0) {
    at += RECORD_HEADER + uint16At(payload, at + 3)
  }
  const next = byteAt(payload, at)
  return next >= 0 && next !== ContentType.HANDSHAKE
}
