/**
 * SNMP (RFC 1157, RFC 3416, RFC 3412): version, kind of message, length of the community and a digest of it, never
 * itself; of version 3 the users that an agent refuses.
 */
import type { Packet } from '../../../decode/index.ts'
import { BerCursor, Tag } from '../ber.ts'
import type { ApplicationFacts, SnmpFacts } from '../facts.ts'
import { byteAt, latin1At, textAt, type Payload } from '../payload.ts'
import { secretDigest } from '../login/secret-digest.ts'
import { FactReader, Next } from '../reader.ts'

const VERSIONS: Readonly<Record<number, SnmpFacts['version']>> = { 0: '1', 1: '2c', 3: '3' }
const PDUS = [
  'get', 'get-next', 'response', 'set', 'trap', 'get-bulk', 'inform', 'trap2', 'report',
] // prettier-ignore
const REQUESTS: ReadonlySet<string | null> = new Set(['get', 'get-next', 'get-bulk', 'set'])
const FIRST_PDU = 0xa0
const AT = 0x40

/**
 * usmStats, with the number in it to come: what an agent reports to who does not know a user or a password
 * (RFC 3414 §3.2, §5).
 */
const USM_STATS = '\x2b\x06\x01\x06\x03\x0f\x01\x01'
const UNKNOWN_USER = 3
const WRONG_DIGEST = 5
const LONGEST_USER = 32

const fields = new BerCursor()

/** A BER sequence that begins with the version 0, 1 or 3. */
export function isSnmp(payload: Payload, first: number): boolean {
  if (first !== Tag.SEQUENCE) return false
  const length = byteAt(payload, 1)
  const at = length < 0x80 ? 2 : 2 + (length & 0x7f)
  if (length === 0x80 || at > 5) return false
  if (byteAt(payload, at) !== Tag.INTEGER || byteAt(payload, at + 1) !== 1) return false
  const version = byteAt(payload, at + 2)
  return version === 0 || version === 1 || version === 3
}

/** The end of a community without the number of a VLAN or instance behind it (`public@12`, as switches want it). */
function withoutContext(packet: Packet, from: number, to: number): number {
  let end = to
  while (end > from && isDigit(byteAt(packet, end - 1))) end -= 1
  return end > from + 1 && end < to && byteAt(packet, end - 1) === AT ? end - 1 : to
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

/** The user of a message of version 3: the fourth of the security parameters, which stand behind the header. */
function userOf(packet: Packet): string | null {
  fields.begin(packet, 0, packet.payloadLength)
  if (!fields.expect(Tag.SEQUENCE) || !fields.enter().expect(Tag.INTEGER)) return null
  if (!fields.expect(Tag.SEQUENCE) || !fields.expect(Tag.OCTET_STRING)) return null
  if (!fields.enter().expect(Tag.SEQUENCE) || !fields.enter().expect(Tag.OCTET_STRING)) return null
  if (!fields.expect(Tag.INTEGER) || !fields.expect(Tag.INTEGER)) return null
  if (!fields.expect(Tag.OCTET_STRING) || fields.to === fields.from) return null
  return textAt(packet, fields.from, fields.to, LONGEST_USER)
}

/** What stands behind the number of the request under `fields`, as a digest; null where that cannot be read. */
function questionOf(packet: Packet): number | null {
  const end = fields.to
  return fields.enter().expect(Tag.INTEGER) ? secretDigest(packet, fields.to, end) : null
}

export class SnmpReader extends FactReader {
  #version: SnmpFacts['version'] | null = null
  #communityBytes: number | null = null
  #pdu: string | null = null
  #messages = 0

  override read(packet: Packet): number {
    if (!isSnmp(packet, byteAt(packet, 0))) return Next.MORE
    this.#messages += 1
    if (this.#messages === 1 || this.context.isHeard) this.#readMessage(packet)
    return Next.MORE
  }

  #readMessage(packet: Packet): void {
    fields.begin(packet, 0, packet.payloadLength)
    if (!fields.expect(Tag.SEQUENCE) || !fields.enter().expect(Tag.INTEGER)) return
    const version = VERSIONS[fields.integer()]
    if (version === undefined) return
    let communityBytes: number | null = null
    let secret: number | null = null
    let pdu: string | null = null
    if (version !== '3' && fields.expect(Tag.OCTET_STRING)) {
      communityBytes = fields.to - fields.from
      secret = secretDigest(packet, fields.from, withoutContext(packet, fields.from, fields.to))
      pdu = fields.next() ? (PDUS[fields.tag - FIRST_PDU] ?? null) : null
    }
    if (this.#messages === 1) {
      this.#version = version
      this.#communityBytes = communityBytes
      this.#pdu = pdu
    }
    const messages = this.#messages
    if (!this.context.isHeard) return
    this.context.tell({ kind: 'snmp', version, communityBytes, pdu, messages })
    if (version === '3') this.#tellRefusal(packet)
    const isAnswer = pdu === 'response'
    if (secret === null || !(isAnswer || REQUESTS.has(pdu))) return
    const question = isAnswer ? null : questionOf(packet)
    this.context.tell({ kind: 'snmp-community', isAnswer, secret, question })
  }

  /** Passwords are never sent, and the answers to one are never the same twice. */
  #tellRefusal(packet: Packet): void {
    const at = latin1At(packet).indexOf(USM_STATS)
    const code = at < 0 ? -1 : byteAt(packet, at + USM_STATS.length)
    if (code !== UNKNOWN_USER && code !== WRONG_DIGEST) return
    const refused = { kind: 'login', application: 'snmp', outcome: 'failure' } as const
    this.context.tell({ ...refused, user: userOf(packet), code: String(code), secret: null })
  }

  override facts(): ApplicationFacts | null {
    if (this.#version === null) return null
    return {
      kind: 'snmp',
      version: this.#version,
      communityBytes: this.#communityBytes,
      pdu: this.#pdu,
      messages: this.#messages,
    }
  }
}
