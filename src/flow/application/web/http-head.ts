/** The head of an HTTP/1 message (RFC 9112 §2): its first line and the few fields that facts are made of. */
import type { Credentials } from '../login/sasl-exchange.ts'
import { credentialsOf } from './http-login.ts'
import {
  byteAt,
  findByte,
  lineEnd,
  nextLine,
  pattern,
  startsWithWord,
  textAt,
  type Payload,
} from '../payload.ts'
import { isOddLine } from './odd-header.ts'
import { sessionOf } from './session-cookie.ts'

const LONGEST_METHOD = 16
const LONGEST_URI = 1024
const LONGEST_HOST = 255
const LONGEST_AGENT = 256
const LONGEST_VALUE = 128
const MOST_FIELDS = 64
const LONGEST_CREDENTIALS = 1024
const MOST_ODD = 8
const LONGEST_ODD = 512
/** Facts hold the list that they were given: it is never changed, but replaced. */
const NONE: readonly string[] = []
const COLON = 0x3a
const SPACE = 0x20

/** What was read of a head; reused. `method` is empty for a response, `status` 0 for a request. */
export class HttpHead {
  method = ''
  uri = ''
  status = 0
  host: string | null = null
  userAgent: string | null = null
  contentType: string | null = null
  server: string | null = null
  authScheme: string | null = null
  credentials: Credentials | null = null
  contentBytes: number | null = null
  isChunked = false
  /** It asks, or agrees, to go on in HTTP/2 (RFC 7540 §3.2). */
  isUpgradeToHttp2 = false
  /** Whole lines that hold marks of an injection; filled only where they are wanted. */
  odd: readonly string[] = NONE
  hasAccept = false
  hasAcceptLanguage = false
  hasReferer = false
  hasCookie = false
  /** See `sessionOf`. */
  session: number | null = null
  /** Where the body begins; -1 when the head goes on in another segment. */
  end = -1

  clear(): void {
    this.method = ''
    this.uri = ''
    this.status = 0
    this.host = null
    this.userAgent = null
    this.contentType = null
    this.server = null
    this.authScheme = null
    this.credentials = null
    this.contentBytes = null
    this.isChunked = false
    this.isUpgradeToHttp2 = false
    this.odd = NONE
    this.hasAccept = false
    this.hasAcceptLanguage = false
    this.hasReferer = false
    this.hasCookie = false
    this.session = null
    this.end = -1
  }
}

type ReadField = (head: HttpHead, payload: Payload, from: number, to: number) => void

/** The fields read; names in upper case, since they are compared in any case. */
const FIELDS: readonly (readonly [Uint8Array, ReadField])[] = [
  [
    pattern('HOST:'),
    (head, payload, from, to) => {
      head.host ??= textAt(payload, from, to, LONGEST_HOST).toLowerCase()
    },
  ],
  [
    pattern('USER-AGENT:'),
    (head, payload, from, to) => {
      head.userAgent ??= textAt(payload, from, to, LONGEST_AGENT)
    },
  ],
  [
    pattern('CONTENT-TYPE:'),
    (head, payload, from, to) => {
      head.contentType ??= textAt(payload, from, to, LONGEST_VALUE)
    },
  ],
  [
    pattern('CONTENT-LENGTH:'),
    (head, payload, from, to) => {
      const digits = textAt(payload, from, to, 16)
      if (/^\d{1,15}$/.test(digits)) head.contentBytes ??= Number(digits)
    },
  ],
  [
    pattern('SERVER:'),
    (head, payload, from, to) => {
      head.server ??= textAt(payload, from, to, LONGEST_VALUE)
    },
  ],
  [pattern('AUTHORIZATION:'), readScheme],
  [pattern('PROXY-AUTHORIZATION:'), readScheme],
  [
    pattern('TRANSFER-ENCODING:'),
    (head) => {
      head.isChunked = true
    },
  ],
  [
    pattern('UPGRADE:'),
    (head, payload, from, to) => {
      head.isUpgradeToHttp2 ||= textAt(payload, from, to, LONGEST_VALUE).toLowerCase() === 'h2c'
    },
  ],
  [
    pattern('ACCEPT:'),
    (head) => {
      head.hasAccept = true
    },
  ],
  [
    pattern('ACCEPT-LANGUAGE:'),
    (head) => {
      head.hasAcceptLanguage = true
    },
  ],
  [
    pattern('REFERER:'),
    (head) => {
      head.hasReferer = true
    },
  ],
  [
    pattern('COOKIE:'),
    (head, payload, from, to) => {
      head.hasCookie = true
      head.session ??= sessionOf(payload, from, to)
    },
  ],
]

/** By their first letter, so that most fields cost one look. */
const FIELDS_BY_LETTER = Array.from({ length: 256 }, (_, letter) => {
  const upper = letter & 0xdf
  const fields = FIELDS.filter(([name]) => name[0] === upper)
  return fields.length === 0 ? null : fields
})

/** The scheme, and whom its value names; of a password no more than a digest. */
function readScheme(head: HttpHead, payload: Payload, from: number, to: number): void {
  const space = findByte(payload, SPACE, from, to)
  const scheme = textAt(payload, from, space < 0 ? to : space, 32)
  // A value without a scheme is a secret as a whole.
  head.authScheme ??= space < 0 || !/^[\w-]+$/.test(scheme) ? 'other' : scheme.toLowerCase()
  if (space >= 0) {
    head.credentials ??= credentialsOf(
      head.authScheme,
      textAt(payload, space + 1, to, LONGEST_CREDENTIALS),
    )
  }
}

/**
 * Reads a head that begins at `from` into the reused object; the caller has told that it is one.
 *
 * `keepsOdd`: also the lines that may hold an attack are wanted.
 */
export function readHttpHead(
  payload: Payload,
  from: number,
  head: HttpHead,
  { isRequest, keepsOdd }: { readonly isRequest: boolean; readonly keepsOdd: boolean },
): void {
  head.clear()
  const end = lineEnd(payload, from)
  const isVersioned = !isRequest || readRequestLine(payload, from, end, head)
  if (!isRequest) head.status = statusAt(payload, from)
  let at = nextLine(payload, from)
  if (!isVersioned && at >= 0) head.end = at
  if (head.end >= 0) return
  for (let count = 0; at >= 0 && count < MOST_FIELDS; count += 1) {
    const feed = findByte(payload, 0x0a, at, payload.payloadCaptured)
    const to = feed > at && byteAt(payload, feed - 1) === 0x0d ? feed - 1 : feed
    if (feed >= 0 && to === at) {
      head.end = feed + 1
      return
    }
    const lineTo = feed < 0 ? payload.payloadCaptured : to
    readField(payload, at, lineTo, head)
    if (keepsOdd && head.odd.length < MOST_ODD && isOddLine(payload, at, lineTo)) {
      head.odd = [...head.odd, textAt(payload, at, lineTo, LONGEST_ODD)]
    }
    at = feed < 0 ? -1 : feed + 1
  }
}

function readField(payload: Payload, from: number, to: number, head: HttpHead): void {
  const fields = FIELDS_BY_LETTER[byteAt(payload, from) & 255]
  if (fields === null || fields === undefined) return
  for (const [name, read] of fields) {
    if (from + name.length > to || !startsWithWord(payload, name, from)) continue
    let value = from + name.length
    while (value < to && isBlank(byteAt(payload, value))) value += 1
    let end = to
    while (end > value && isBlank(byteAt(payload, end - 1))) end -= 1
    read(head, payload, value, end)
    return
  }
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === 0x09
}

/**
 * Method, target, version; the target's own authority is the host of a proxy request.
 *
 * Returns whether there is a version: HTTP/0.9 has none, and its head is the one line.
 */
function readRequestLine(payload: Payload, from: number, end: number, head: HttpHead): boolean {
  let space = from
  while (space < end && !isBlank(byteAt(payload, space))) space += 1
  head.method = textAt(payload, from, space, LONGEST_METHOD)
  let target = space
  while (target < end && isBlank(byteAt(payload, target))) target += 1
  let last = end
  while (last > target && !isBlank(byteAt(payload, last - 1))) last -= 1
  const isVersioned = last > target && startsWithWord(payload, HTTP, last)
  const to = isVersioned ? last - 1 : end
  const uri = textAt(payload, target, to, LONGEST_URI)
  // A URI with an authority may carry a password before the `@`.
  head.uri = uri.startsWith('/') ? uri : uri.replace(/^([\w+.-]+:\/\/)?[^/@?#]*@/, '$1')
  return isVersioned
}

const HTTP = pattern('HTTP/')

/** The three digits behind `HTTP/1.1 `; 0 when there are none. */
function statusAt(payload: Payload, from: number): number {
  const at = findByte(payload, SPACE, from, from + 10)
  if (at < 0) return 0
  let status = 0
  for (let index = 1; index <= 3; index += 1) {
    const digit = byteAt(payload, at + index) - 0x30
    if (digit < 0 || digit > 9) return 0
    status = status * 10 + digit
  }
  return byteAt(payload, at + 4) === COLON ? 0 : status
}
