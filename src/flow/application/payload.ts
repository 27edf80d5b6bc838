/** Reads an application's bytes, never outside what was captured: integers, comparisons, text. */
import { isUtf8 } from 'node:buffer'
import { escapeUnprintable } from '../../core/text/unprintable.ts'
import type { Packet } from '../../decode/index.ts'

/** The bytes an application sent: a packet's payload, or a message put together of several. */
export type Payload = Pick<Packet, 'buffer' | 'payloadOffset' | 'payloadCaptured' | 'payloadLength'>

/** Turns text into the bytes `startsWith` compares with; call it once, at load. */
export function pattern(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0))
}

/** Says whether the payload, from `skip` on, begins with these bytes. */
export function startsWith(payload: Payload, bytes: Uint8Array, skip = 0): boolean {
  if (payload.payloadCaptured < skip + bytes.length) return false
  const { buffer } = payload
  const from = payload.payloadOffset + skip
  for (let index = 0; index < bytes.length; index += 1) {
    if (buffer[from + index] !== bytes[index]) return false
  }
  return true
}

/** As `startsWith`, but letters of either case match a word written in upper case. */
export function startsWithWord(payload: Payload, word: Uint8Array, skip = 0): boolean {
  if (payload.payloadCaptured < skip + word.length) return false
  const { buffer } = payload
  const from = payload.payloadOffset + skip
  for (let index = 0; index < word.length; index += 1) {
    const byte = buffer[from + index]!
    const upper = byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte
    if (upper !== word[index]) return false
  }
  return true
}

/** Says whether the payload begins with one of these. */
export function startsWithAny(payload: Payload, patterns: readonly Uint8Array[]): boolean {
  for (const bytes of patterns) if (startsWith(payload, bytes)) return true
  return false
}

/** Finds a word in upper case letters, in whichever case it is written, between two places; -1 if none. */
export function findWord(payload: Payload, word: Uint8Array, from: number, to: number): number {
  const last = Math.min(payload.payloadCaptured, to) - word.length
  for (let start = from; start <= last; start += 1) {
    if (startsWithWord(payload, word, start)) return start
  }
  return -1
}

/** Returns the payload's byte at `index`; -1 where nothing was captured. */
export function byteAt(payload: Payload, index: number): number {
  return index < payload.payloadCaptured ? payload.buffer[payload.payloadOffset + index]! : -1
}

/** Returns the 16-bit integer at `index` in network order; -1 where it was not captured. */
export function uint16At(payload: Payload, index: number): number {
  if (index + 2 > payload.payloadCaptured) return -1
  const at = payload.payloadOffset + index
  return (payload.buffer[at]! << 8) | payload.buffer[at + 1]!
}

/** Returns the 24-bit integer at `index` in network order; -1 where it was not captured. */
export function uint24At(payload: Payload, index: number): number {
  if (index + 3 > payload.payloadCaptured) return -1
  const at = payload.payloadOffset + index
  const { buffer } = payload
  return (buffer[at]! << 16) | (buffer[at + 1]! << 8) | buffer[at + 2]!
}

/** Returns the unsigned 32-bit integer at `index` in network order; -1 where it was not captured. */
export function uint32At(payload: Payload, index: number): number {
  const upper = uint16At(payload, index)
  const lower = uint16At(payload, index + 2)
  return upper < 0 || lower < 0 ? -1 : upper * 0x10000 + lower
}

/** Returns the 16-bit integer at `index`, lowest byte first; -1 where it was not captured. */
export function uint16LittleAt(payload: Payload, index: number): number {
  const value = uint16At(payload, index)
  return value < 0 ? -1 : ((value & 255) << 8) | (value >>> 8)
}

/** Returns the unsigned 32-bit integer at `index`, lowest byte first; -1 where it was not captured. */
export function uint32LittleAt(payload: Payload, index: number): number {
  const lower = uint16LittleAt(payload, index)
  const upper = uint16LittleAt(payload, index + 2)
  return upper < 0 || lower < 0 ? -1 : upper * 0x10000 + lower
}

/** Returns where the first such byte stands from `from` on, before `to`; -1 if nowhere. */
export function findByte(payload: Payload, byte: number, from: number, to: number): number {
  const { buffer, payloadOffset } = payload
  const end = payloadOffset + Math.min(to, payload.payloadCaptured)
  if (payloadOffset + from >= end) return -1
  // Native and some ten times as fast as a loop; it may look past the payload, but not past the buffer.
  const at = buffer.indexOf(byte, payloadOffset + from)
  return at < 0 || at >= end ? -1 : at - payloadOffset
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Returns the bytes between two places in hexadecimal, as far as they were captured. */
export function hexAt(payload: Payload, from: number, to: number): string {
  const { buffer, payloadOffset } = payload
  const end = payloadOffset + Math.min(to, payload.payloadCaptured)
  let hex = ''
  for (let at = payloadOffset + from; at < end; at += 1) hex += HEX[buffer[at]!]!
  return hex
}

/** The longest text read anywhere. */
const LONGEST_TEXT = 1024
const scratch = Buffer.alloc(LONGEST_TEXT)

/**
 * Reads the bytes between two places as text of at most `most` characters: UTF-8 where they are that,
 * else Latin-1; what must not reach a reader is escaped, and a cut never leaves half an escape.
 */
export function textAt(payload: Payload, from: number, to: number, most: number): string {
  const wanted = Math.min(to, payload.payloadCaptured) - from
  const length = Math.min(wanted, most, LONGEST_TEXT)
  if (length <= 0) return ''
  const { buffer } = payload
  const start = payload.payloadOffset + from
  let isPlain = true
  for (let index = 0; index < length; index += 1) {
    const byte = buffer[start + index]!
    scratch[index] = byte
    if (byte < 0x20 || byte > 0x7e) isPlain = false
  }
  if (isPlain) return scratch.toString('latin1', 0, length)
  return escapedText(decodeOctets(scratch.subarray(0, length), length < wanted), most)
}

const whole = Buffer.alloc(8192)

/** Returns all captured bytes, at most 8 KiB of them, one character each. */
export function latin1At({ buffer, payloadOffset, payloadCaptured }: Payload): string {
  const length = Math.min(payloadCaptured, whole.length)
  whole.set(buffer.subarray(payloadOffset, payloadOffset + length))
  return whole.toString('latin1', 0, length)
}

/** Reads UTF-16, lowest byte first, as SMB and NTLM write it; bounds as `textAt`. */
export function utf16TextAt(payload: Payload, from: number, to: number, most: number): string {
  const end = Math.min(to, payload.payloadCaptured, from + 2 * most, from + LONGEST_TEXT)
  let length = 0
  for (let at = from; at + 2 <= end; at += 2) {
    scratch[length] = byteAt(payload, at)
    scratch[length + 1] = byteAt(payload, at + 1)
    length += 2
  }
  return escapedText(scratch.toString('utf16le', 0, length), most)
}

/** Returns where the line ends that begins at `from`: at its CR or LF, or where the bytes end. */
export function lineEnd(payload: Payload, from: number): number {
  const feed = findByte(payload, 0x0a, from, payload.payloadCaptured)
  const end = feed < 0 ? payload.payloadCaptured : feed
  return end > from && byteAt(payload, end - 1) === 0x0d ? end - 1 : end
}

/** Returns where the next line begins; -1 when this one has no end. */
export function nextLine(payload: Payload, from: number): number {
  const feed = findByte(payload, 0x0a, from, payload.payloadCaptured)
  return feed < 0 ? -1 : feed + 1
}

function decodeOctets(octets: Buffer, isCut: boolean): string {
  if (isUtf8(octets)) return octets.toString('utf8')
  // A cut may go through a character of up to four bytes.
  for (let less = 1; isCut && less <= 3 && less < octets.length; less += 1) {
    const shorter = octets.subarray(0, octets.length - less)
    if (isUtf8(shorter)) return shorter.toString('utf8')
  }
  return octets.toString('latin1')
}

/** Escapes, and cuts to `most` characters without leaving half an escape or half a character. */
export function escapedText(text: string, most: number): string {
  const escaped = escapeUnprintable(text)
  if (escaped.length <= most) return escaped
  const cut = escaped.slice(0, most).replace(/\\u\{[0-9a-f]*$/, '')
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut
}

/** A part of a payload, for readers that expect a message to begin at 0; reused, so valid briefly. */
export class PayloadPart implements Payload {
  buffer: Uint8Array = new Uint8Array(0)
  payloadOffset = 0
  payloadCaptured = 0
  payloadLength = 0

  /** Makes this the bytes between two places of a payload, as far as they were captured. */
  show(payload: Payload, from: number, to: number): this {
    this.buffer = payload.buffer
    this.payloadOffset = payload.payloadOffset + from
    this.payloadLength = Math.max(0, to - from)
    this.payloadCaptured = Math.max(0, Math.min(to, payload.payloadCaptured) - from)
    return this
  }
}
