/** DNS by name: record types, response codes, and the compressed names of messages (RFC 1035 §4.1.4). */
import { byteAt, escapedText, type Payload } from '../../payload.ts'

const TYPES: Readonly<Record<number, string>> = {
  1: 'A', 2: 'NS', 5: 'CNAME', 6: 'SOA', 10: 'NULL', 12: 'PTR', 13: 'HINFO', 15: 'MX', 16: 'TXT',
  17: 'RP', 24: 'SIG', 25: 'KEY', 28: 'AAAA', 29: 'LOC', 33: 'SRV', 35: 'NAPTR', 37: 'CERT',
  39: 'DNAME', 41: 'OPT', 43: 'DS', 44: 'SSHFP', 46: 'RRSIG', 47: 'NSEC', 48: 'DNSKEY', 50: 'NSEC3',
  51: 'NSEC3PARAM', 52: 'TLSA', 64: 'SVCB', 65: 'HTTPS', 99: 'SPF', 249: 'TKEY', 250: 'TSIG',
  251: 'IXFR', 252: 'AXFR', 255: 'ANY', 256: 'URI', 257: 'CAA',
} // prettier-ignore

const RCODES: readonly string[] = [
  'NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED', 'YXDOMAIN', 'YXRRSET',
  'NXRRSET', 'NOTAUTH', 'NOTZONE',
] // prettier-ignore

/** Returns the record type's name (IANA dns-parameters); `TYPE` and the number for the rest. */
export function dnsTypeName(type: number): string {
  return TYPES[type] ?? `TYPE${type}`
}

/** Returns the response code's name; `RCODE` and the number for the rest. */
export function dnsRcodeName(rcode: number): string {
  return RCODES[rcode] ?? (rcode === 16 ? 'BADVERS' : `RCODE${rcode}`)
}

const LONGEST_NAME = 255
const MOST_LABELS = 128
const MOST_POINTERS = 32
const DOT = 0x2e
const scratch = Buffer.alloc(LONGEST_NAME + 1)
const isSeparator = new Uint8Array(LONGEST_NAME + 1)

/** Returns where the bytes behind a name begin; -1 when it has no end. */
export function skipName(message: Payload, start: number): number {
  let at = start
  for (let labels = 0; labels < MOST_LABELS; labels += 1) {
    const length = byteAt(message, at)
    if (length < 0) return -1
    if (length === 0) return at + 1
    if (length >= 0xc0) return at + 2
    if (length > 63) return -1
    at += length + 1
  }
  return -1
}

/**
 * Reads a name in lower case, labels joined by dots; null when it makes no sense. The root is `.`.
 *
 * A dot, a control or a byte beyond ASCII within a label is escaped, since in a name it is an attack or
 * a tunnel. Pointers must point backwards, which no circle can.
 */
export function nameAt(message: Payload, start: number): string | null {
  let at = start
  let lowest = start
  let length = 0
  let isPlain = true
  let pointers = 0
  for (let labels = 0; labels < MOST_LABELS;) {
    const size = byteAt(message, at)
    if (size < 0) return null
    if (size === 0) return length === 0 ? '.' : finished(length - 1, isPlain)
    if (size >= 0xc0) {
      const target = ((size & 0x3f) << 8) | Math.max(0, byteAt(message, at + 1))
      pointers += 1
      if (target >= lowest || pointers > MOST_POINTERS) return null
      at = target
      lowest = target
      continue
    }
    if (size > 63 || length + size + 1 > LONGEST_NAME - 1) return null
    for (let index = 1; index <= size; index += 1) {
      const byte = byteAt(message, at + index)
      if (byte < 0) return null
      if (byte < 0x21 || byte > 0x7e || byte === DOT) isPlain = false
      scratch[length] = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte
      isSeparator[length] = 0
      length += 1
    }
    scratch[length] = DOT
    isSeparator[length] = 1
    length += 1
    labels += 1
    at += size + 1
  }
  return null
}

function finished(length: number, isPlain: boolean): string {
  if (isPlain) return scratch.toString('latin1', 0, length)
  let text = ''
  for (let index = 0; index < length; index += 1) {
    const byte = scratch[index]!
    const isText = byte >= 0x21 && byte <= 0x7e && (byte !== DOT || isSeparator[index] === 1)
    text += isText ? String.fromCharCode(byte) : hexEscape(byte)
  }
  return escapedText(text, LONGEST_NAME)
}

function hexEscape(byte: number): string {
  return `\\u{${byte.toString(16)}}`
}
