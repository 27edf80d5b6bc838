/**
 * Walks BER (X.690), the encoding of SNMP, LDAP, Kerberos and certificates, one element after the other.
 *
 * Left out: indefinite lengths and tags over 30, which none of these uses.
 */
import { byteAt, type Payload } from './payload.ts'

export const Tag = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  OCTET_STRING: 0x04,
  OBJECT_ID: 0x06,
  ENUMERATED: 0x0a,
  UTC_TIME: 0x17,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const

/** A place in a payload: the element last read, and where the next one begins. Reused; never allocates. */
export class BerCursor {
  tag = 0
  /** Content of the element: from `from` up to `to`, which lies behind what was captured if it was cut. */
  from = 0
  to = 0
  #payload: Payload | null = null
  #next = 0
  #end = 0

  /** Stands before the first of the elements between two places. */
  begin(payload: Payload, from: number, end: number): this {
    this.#payload = payload
    this.#next = from
    this.#end = end
    this.tag = 0
    return this
  }

  /** Reads the next element; false when there is none or it makes no sense. */
  next(): boolean {
    const payload = this.#payload!
    const at = this.#next
    const first = byteAt(payload, at + 1)
    const tag = byteAt(payload, at)
    if (at >= this.#end || tag < 0 || first < 0 || (tag & 0x1f) === 0x1f) return false
    let length = first
    let from = at + 2
    if (first >= 0x80) {
      const octets = first & 0x7f
      if (octets === 0 || octets > 4) return false
      length = 0
      for (let index = 0; index < octets; index += 1) {
        const octet = byteAt(payload, from + index)
        if (octet < 0) return false
        length = length * 256 + octet
      }
      from += octets
    }
    this.tag = tag
    this.from = from
    this.to = from + length
    this.#next = this.to
    return this.to <= this.#end || this.to > payload.payloadCaptured
  }

  /** Reads the next element; false also when it has another tag. */
  expect(tag: number): boolean {
    return this.next() && this.tag === tag
  }

  /** Goes into the element last read: its content's elements are next. */
  enter(): this {
    this.#next = this.from
    this.#end = this.to
    return this
  }

  /** The element's value as an integer of up to four bytes; -1 where it is none. */
  integer(): number {
    const length = this.to - this.from
    if (length < 1 || length > 4) return -1
    let value = 0
    for (let at = this.from; at < this.to; at += 1) {
      const octet = byteAt(this.#payload!, at)
      if (octet < 0) return -1
      value = value * 256 + octet
    }
    return value
  }
}
