/** Tells header lines that may hold an injection from the many that cannot, before any text is made of them. */
import { byteAt, pattern, startsWithWord, type Payload } from '../payload.ts'

const AUTHORIZATION = pattern('AUTHORIZATION:')
const PROXY_AUTHORIZATION = pattern('PROXY-AUTHORIZATION:')
const DOLLAR = 0x24
const BRACE = 0x7b
const DOT = 0x2e

const Mark = { NONE: 0, ALONE: 1, PERCENT: 2, DOT: 3, PARENTHESIS: 4 } as const
const MARKS = new Uint8Array(256)
for (const letter of "'<{`") MARKS[letter.charCodeAt(0)] = Mark.ALONE
MARKS[0x25] = Mark.PERCENT
MARKS[DOT] = Mark.DOT
MARKS[0x28] = Mark.PARENTHESIS
/** What a percent sign must be followed by to count: an apostrophe, `<`, `$`, `{`, a dot, or itself. */
const ENCODED = new Set(['27', '3c', '24', '7b', '2e', '25'])

/**
 * Says whether a header line holds what injections are made of: a quote, a tag, braces, a climbing path, a class of Java's.
 *
 * A credential is none of our business: of such lines only those with `${` are odd.
 */
export function isOddLine(payload: Payload, from: number, to: number): boolean {
  const end = Math.min(to, payload.payloadCaptured)
  for (let at = from; at < end; at += 1) {
    const mark = MARKS[payload.buffer[payload.payloadOffset + at]!]!
    if (mark === Mark.NONE || !isMark(payload, at, mark)) continue
    return !isCredential(payload, from) || holdsLookup(payload, from, end)
  }
  return false
}

function isMark(payload: Payload, at: number, mark: number): boolean {
  if (mark === Mark.ALONE) return true
  const next = byteAt(payload, at + 1)
  const second = byteAt(payload, at + 2)
  if (mark === Mark.PARENTHESIS) return next === 0x6a && second === 0x61
  if (mark === Mark.DOT) return next === DOT && (second === 0x2f || second === 0x5c)
  return ENCODED.has(String.fromCharCode(next & 255, second & 255).toLowerCase())
}

function isCredential(payload: Payload, from: number): boolean {
  return (
    startsWithWord(payload, AUTHORIZATION, from) ||
    startsWithWord(payload, PROXY_AUTHORIZATION, from)
  )
}

function holdsLookup(payload: Payload, from: number, end: number): boolean {
  for (let at = from; at < end; at += 1) {
    if (byteAt(payload, at) === DOLLAR && byteAt(payload, at + 1) === BRACE) return true
  }
  return false
}
