/**
 * LDAP (RFC 4511): binds and how they end, searches counted. Of a simple bind's password
 * a digest is kept until the bind ends.
 *
 * Searches that are after what intruders look for are told. Left out: other searches, and what is found; what follows StartTLS or a sealing SASL bind.
 */
import type { Packet } from '../../../decode/index.ts'
import { BerCursor, Tag } from '../ber.ts'
import type { LdapFacts } from '../facts.ts'
import { endsInMessage, NO_MESSAGE, UNTOLD_LENGTH } from '../message-ends.ts'
import { byteAt, textAt, type Payload } from '../payload.ts'
import { secretDigest } from '../login/secret-digest.ts'
import { FactReader, Next } from '../reader.ts'
import { directoryAims } from './directory-search.ts'
import { readNtlmChallenge, readNtlmLogin } from './ntlm.ts'

const Operation = {
  BIND_REQUEST: 0x60,
  BIND_RESPONSE: 0x61,
  UNBIND: 0x42,
  SEARCH: 0x63,
  ENTRY: 0x64,
  SEARCH_DONE: 0x65,
  EXTENDED_REQUEST: 0x77,
  EXTENDED_RESPONSE: 0x78,
} as const
const OPERATIONS: readonly number[] = Object.values(Operation)
const SIMPLE = 0x80
const SASL = 0xa3
const START_TLS = '1.3.6.1.4.1.1466.20037'
const SASL_IN_PROGRESS = 14
const INVALID_CREDENTIALS = 49
const LONGEST_DN = 255
const LONGEST_MECHANISM = 32
const MOST_MESSAGES = 16

const envelope = new BerCursor()
const fields = new BerCursor()
const inner = new BerCursor()

/** A sequence of a message number and a known operation. */
export function isLdap(payload: Payload, first: number): boolean {
  if (first !== Tag.SEQUENCE) return false
  envelope.begin(payload, 0, payload.payloadLength)
  return envelope.next() && operationAt(payload) !== 0
}

/** Goes to the operation of the message that `envelope` stands at and returns its tag; 0 if none. */
function operationAt(payload: Payload): number {
  fields.begin(payload, envelope.from, envelope.to)
  if (!fields.expect(Tag.INTEGER) || fields.integer() < 0) return 0
  return fields.next() && OPERATIONS.includes(fields.tag) ? fields.tag : 0
}

/** A sequence's tag, and its length in one byte or in up to four behind it (X.690 §8.1.3). */
function lengthAt(payload: Payload, at: number): number {
  if (byteAt(payload, at) !== Tag.SEQUENCE) return NO_MESSAGE
  const first = byteAt(payload, at + 1)
  const more = first < 0x80 ? 0 : first & 0x7f
  if (more > 4) return NO_MESSAGE
  if (first < 0 || at + 2 + more > payload.payloadLength) return UNTOLD_LENGTH
  let length = more === 0 ? first : 0
  for (let index = 0; index < more; index += 1)
    length = length * 256 + byteAt(payload, at + 2 + index)
  return 2 + more + length
}

export class LdapReader extends FactReader {
  #bindDn: string | null = null
  #currentDn: string | null = null
  #mechanism: string | null = null
  #resultCode: number | null = null
  /** The digest of a simple bind's password, until the bind ends. */
  #secret: number | null = null
  #searches = 0
  #authFailures = 0
  #authSuccesses = 0

  override read(packet: Packet, side: number): number {
    // The rest of a long result, or a layer of SASL's; a request always begins a segment.
    if (byteAt(packet, 0) !== Tag.SEQUENCE) return side === 0 ? Next.DONE : Next.TURN
    envelope.begin(packet, 0, packet.payloadLength)
    for (let count = 0; count < MOST_MESSAGES && envelope.next(); count += 1) {
      if (!this.#readOperation(packet, operationAt(packet))) return Next.DONE
    }
    return Next.MORE
  }

  protected override isPiece(payload: Payload): boolean {
    return endsInMessage(payload, 0, lengthAt)
  }

  /** False when nothing more can be read. */
  #readOperation(payload: Payload, operation: number): boolean {
    switch (operation) {
      case Operation.BIND_REQUEST:
        this.#readBind(payload)
        return true
      case Operation.BIND_RESPONSE:
        this.#readResult(payload)
        return true
      case Operation.SEARCH:
        this.#searches += 1
        this.#tellAims(payload)
        return true
      case Operation.EXTENDED_REQUEST:
        inner.begin(payload, fields.from, fields.to)
        if (!inner.next()) return true
        return textAt(payload, inner.from, inner.to, START_TLS.length + 1) !== START_TLS
      default:
        return true
    }
  }

  #tellAims(payload: Payload): void {
    if (!this.context.isHeard) return
    const aims = directoryAims(payload, fields.from, fields.to)
    if (aims.length > 0) this.context.tell({ kind: 'directory-search', aims })
  }

  /** Version, name, and the kind of proof: simple, or SASL with its mechanism (RFC 4511 §4.2). */
  #readBind(payload: Payload): void {
    inner.begin(payload, fields.from, fields.to)
    if (!inner.expect(Tag.INTEGER) || !inner.expect(Tag.OCTET_STRING)) return
    const dn = textAt(payload, inner.from, inner.to, LONGEST_DN)
    this.#name(dn === '' ? null : dn)
    if (!inner.next()) return
    this.#secret = null
    if (inner.tag === SIMPLE) {
      this.#mechanism ??= 'simple'
      this.#secret = secretDigest(payload, inner.from, inner.to)
    } else if (inner.tag === SASL) {
      const from = inner.from
      if (!inner.enter().next()) return
      this.#mechanism ??= this.keep(textAt(payload, inner.from, inner.to, LONGEST_MECHANISM))
      this.#name(readNtlmLogin(payload, from)?.user ?? null)
    }
  }

  #name(dn: string | null): void {
    if (dn === null) return
    this.#currentDn = dn
    this.#bindDn ??= this.keep(dn)
  }

  #readResult(payload: Payload): void {
    inner.begin(payload, fields.from, fields.to)
    if (!inner.expect(Tag.ENUMERATED)) return
    const code = inner.integer()
    if (code === SASL_IN_PROGRESS && this.context.isHeard) {
      const challenge = readNtlmChallenge(payload, fields.from)
      if (challenge !== null) this.context.tell({ kind: 'ntlm-challenge', challenge })
    }
    if (code === SASL_IN_PROGRESS || code < 0) return
    this.#resultCode = code
    if (code === 0) this.#endLogin('success', code)
    else if (code === INVALID_CREDENTIALS) this.#endLogin('failure', code)
  }

  #endLogin(outcome: 'failure' | 'success', code: number): void {
    if (outcome === 'failure') this.#authFailures += 1
    else this.#authSuccesses += 1
    if (!this.context.isHeard) return
    const user = this.#currentDn
    this.context.tell({
      kind: 'login',
      application: 'ldap',
      outcome,
      user,
      code: String(code),
      secret: this.#secret,
    })
  }

  override facts(): LdapFacts {
    return {
      kind: 'ldap',
      bindDn: this.#bindDn,
      mechanism: this.#mechanism,
      resultCode: this.#resultCode,
      searches: this.#searches,
      authFailures: this.#authFailures,
      authSuccesses: this.#authSuccesses,
    }
  }
}
