/** Tells whether a segment ends within a message, so that it is not read before the rest has come. */
import { byteAt, type Payload } from '../payload.ts'

/** Longer lines are nobody's. */
const LONGEST_LINE = 1024
/** Longer messages are read as far as one segment holds them. */
const LONGEST_MESSAGE = 8192
const FEED = 0x0a

/** What `lengthAt` says of too little to tell a message's length by, and of what is no message. */
export const UNTOLD_LENGTH = 0
export const NO_MESSAGE = -1

/** Says whether the last line has no end yet. */
export function endsInLine(payload: Payload): boolean {
  const { payloadLength, payloadCaptured } = payload
  if (payloadCaptured < payloadLength || payloadLength >= LONGEST_LINE) return false
  return byteAt(payload, payloadLength - 1) !== FEED
}

/** Says whether the last of the messages that begin at `from` goes on; `lengthAt` gives the length of one. */
export function endsInMessage(
  payload: Payload,
  from: number,
  lengthAt: (payload: Payload, at: number) => number,
): boolean {
  const { payloadLength, payloadCaptured } = payload
  if (payloadCaptured < payloadLength) return false
  for (let at = from; at < payloadLength;) {
    const length = lengthAt(payload, at)
    if (length === NO_MESSAGE) return false
    if (length === UNTOLD_LENGTH) return true
    if (at + length > payloadLength) return length <= LONGEST_MESSAGE
    at += length
  }
  return false
}
