/** Whether a payload is something written for people: pings are filled with patterns, at most with a tool's name. */
import type { Packet } from '../../../decode/packet.ts'

const SHORTEST = 16
const LONGEST = 256
const FEWEST_WORDS = 3
const MIN_LETTERS = 0.7
const SPACE = 0x20

/** Says whether it is words with spaces between them, and hardly anything else. */
export function isProse({ buffer, payloadOffset, payloadCaptured }: Packet): boolean {
  if (payloadCaptured < SHORTEST) return false
  const length = Math.min(payloadCaptured, LONGEST)
  let letters = 0
  let words = 0
  let isInWord = false
  for (let at = 0; at < length; at += 1) {
    const byte = buffer[payloadOffset + at]!
    const isLetter = isAsciiLetter(byte)
    const isText = byte >= SPACE && byte < 0x7f
    if (!isText && byte !== 0x0a && byte !== 0x0d && byte !== 0x09 && byte !== 0) return false
    if (isLetter) letters += 1
    if (isLetter && !isInWord) words += 1
    isInWord = isLetter
  }
  return words >= FEWEST_WORDS && letters >= MIN_LETTERS * length
}

function isAsciiLetter(byte: number): boolean {
  const upper = byte & 0xdf
  return upper >= 0x41 && upper <= 0x5a
}
