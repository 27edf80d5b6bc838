/**
 * Where an HTTP/1 message begins (RFC 9112 §2.2, §3, §4): told by its first line, of which a segment may hold no
 * more than a piece.
 *
 * Servers take more than the standard's methods: PHP answers any word, and whoever wants a request unread makes one up.
 */
import { byteAt, findByte, pattern, startsWith, type Payload } from '../payload.ts'

const METHODS = [
  'GET ', 'POST ', 'HEAD ', 'PUT ', 'DELETE ', 'OPTIONS ', 'PATCH ', 'CONNECT ', 'TRACE ',
  'PROPFIND ',
].map(pattern) // prettier-ignore
const VERSION = pattern('HTTP/')
/** `HTTP/1.1`. */
const VERSION_BYTES = 8
const PREFACE = pattern('PRI * HTTP/2')
/** With which a target may begin: a path's slash, an asterisk, the `h` of an absolute URI. */
const TARGETS = [0x2f, 0x2a, 0x68]

const LONGEST_METHOD = 24
/** A request line under way is waited for up to here. */
const LONGEST_LINE = 4096
const FEED = 0x0a
const RETURN = 0x0d
const SPACE = 0x20
const TAB = 0x09

/** What stands at a place: no message, a request, an answer, HTTP/2's preface, or too little to tell. */
export const Start = { NONE: 0, REQUEST: 1, RESPONSE: 2, PREFACE: 3, UNTOLD: 4 } as const

/** Says whether bytes are the first of HTTP, for sure. */
export function isHttp(payload: Payload): boolean {
  const start = startAt(payload, skipLineEnds(payload, 0))
  return start !== Start.NONE && start !== Start.UNTOLD
}

/** Says whether bytes may be a request's, of which too little came to tell: its method is none of the usual. */
export function mayBeHttp(payload: Payload): boolean {
  return startAt(payload, skipLineEnds(payload, 0)) === Start.UNTOLD
}

/** Tells what stands at a place where a message may begin, as one of `Start`. */
export function startAt(payload: Payload, at: number): number {
  if (startsWith(payload, VERSION, at)) return Start.RESPONSE
  for (const method of METHODS) if (startsWith(payload, method, at)) return Start.REQUEST
  if (startsWith(payload, PREFACE, at)) return Start.PREFACE
  return startOfWord(payload, at)
}

/** Returns the place behind empty lines, which servers pass over (RFC 9112 §2.2). */
export function skipLineEnds(payload: Payload, from: number): number {
  let at = from
  while (byteAt(payload, at) === RETURN || byteAt(payload, at) === FEED) at += 1
  return at
}

/** Says whether a byte parts the words of a first line; lenient servers take tabs. */
function isGap(byte: number): boolean {
  return byte === SPACE || byte === TAB
}

/** A method of whatever name, a target, and HTTP's version at the line's end. */
function startOfWord(payload: Payload, at: number): number {
  const { payloadCaptured: captured } = payload
  const more = captured === payload.payloadLength ? Start.UNTOLD : Start.NONE
  let end = at
  while (end - at <= LONGEST_METHOD && isOfWord(byteAt(payload, end))) end += 1
  if (end === captured) return more
  let target = end
  while (isGap(byteAt(payload, target))) target += 1
  if (end === at || target === end) return Start.NONE
  if (target === captured) return more
  if (!TARGETS.includes(byteAt(payload, target))) return Start.NONE
  const feed = findByte(payload, FEED, target, at + LONGEST_LINE)
  if (feed < 0) return captured - at < LONGEST_LINE ? more : Start.NONE
  const lineEnd = byteAt(payload, feed - 1) === RETURN ? feed - 1 : feed
  const version = lineEnd - VERSION_BYTES
  return version > target && startsWith(payload, VERSION, version) ? Start.REQUEST : Start.NONE
}

function isOfWord(byte: number): boolean {
  const letter = byte | 0x20
  if (letter >= 0x61 && letter <= 0x7a) return true
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x5f
}
