/**
 * Tells requests of one session of a web application from those of others, without keeping the cookie: a digest under
 * a seed that this process alone knows.
 *
 * Source: RFC 6265 §4.2; the names that frameworks give their session by default.
 */
import { secretDigest } from '../login/secret-digest.ts'
import { byteAt, findByte, type Payload } from '../payload.ts'

const EQUALS = 0x3d
const SEMICOLON = 0x3b
const SPACE = 0x20
/** A shorter value can be guessed, or is no more than a flag. */
const SHORTEST = 16
const MOST_COOKIES = 32
const LONGEST_NAME = 64

/** `PHPSESSID`, `JSESSIONID`, `ASP.NET_SessionId`, `connect.sid`, `wordpress_logged_in_…`. */
const SESSION_NAME = /sess|logged_in|(?:^|[._-])sid$/i

/** The digest of the first cookie that is a session's, 52 bits; null where there is none. */
export function sessionOf(payload: Payload, from: number, to: number): number | null {
  let at = from
  for (let count = 0; at < to && count < MOST_COOKIES; count += 1) {
    const semicolon = findByte(payload, SEMICOLON, at, to)
    const end = semicolon < 0 ? to : semicolon
    const equals = findByte(payload, EQUALS, at, end)
    if (equals > at && end - equals > SHORTEST && isSessionName(payload, at, equals)) {
      const high = secretDigest(payload, at, end) >>> 0
      const low = secretDigest(payload, equals + 2, end) >>> 0
      return high * 2 ** 20 + (low >>> 12)
    }
    at = end + 1
    while (at < to && byteAt(payload, at) === SPACE) at += 1
  }
  return null
}

function isSessionName(payload: Payload, from: number, to: number): boolean {
  if (to - from > LONGEST_NAME) return false
  let name = ''
  for (let at = from; at < to; at += 1) name += String.fromCharCode(byteAt(payload, at))
  return SESSION_NAME.test(name)
}
