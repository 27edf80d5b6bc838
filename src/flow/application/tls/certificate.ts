/** What a certificate says of itself (X.509, RFC 5280 §4.1): names and validity, nothing verified. */
import { BerCursor, Tag } from '../ber.ts'
import { byteAt, textAt, type Payload } from '../payload.ts'

const LONGEST_NAME = 255
const MOST_NAMES = 32
const VERSION_TAG = 0xa0

const outer = new BerCursor()
const fields = new BerCursor()
const inner = new BerCursor()

export interface Certificate {
  readonly subject: string | null
  readonly issuer: string | null
  readonly isSelfSigned: boolean
  readonly notBefore: string | null
  readonly notAfter: string | null
}

/** Reads a certificate in DER; null when it does not hold together. */
export function readCertificate(der: Payload): Certificate | null {
  outer.begin(der, 0, der.payloadCaptured)
  if (!outer.expect(Tag.SEQUENCE)) return null
  if (!outer.enter().expect(Tag.SEQUENCE)) return null
  // version, serial number, signature algorithm, issuer, validity, subject
  fields.begin(der, outer.from, outer.to)
  if (!fields.next()) return null
  if (fields.tag === VERSION_TAG && !fields.next()) return null
  if (fields.tag !== Tag.INTEGER || !fields.expect(Tag.SEQUENCE)) return null
  if (!fields.expect(Tag.SEQUENCE)) return null
  const { from: issuerFrom, to: issuerTo } = fields
  if (!fields.expect(Tag.SEQUENCE)) return null
  inner.begin(der, fields.from, fields.to)
  const notBefore = inner.next() ? timeAt(der, inner) : null
  const notAfter = inner.next() ? timeAt(der, inner) : null
  if (!fields.expect(Tag.SEQUENCE)) return null
  const { from: subjectFrom, to: subjectTo } = fields
  return {
    subject: commonName(der, subjectFrom, subjectTo),
    issuer: commonName(der, issuerFrom, issuerTo),
    isSelfSigned: isSame(der, issuerFrom, issuerTo, subjectFrom, subjectTo),
    notBefore,
    notAfter,
  }
}

/** The common name (2.5.4.3), else the organisation (2.5.4.10), which some issuers have alone. */
function commonName(der: Payload, from: number, to: number): string | null {
  let organisation: string | null = null
  outer.begin(der, from, to)
  for (let count = 0; count < MOST_NAMES && outer.next(); count += 1) {
    inner.begin(der, outer.from, outer.to)
    if (!inner.expect(Tag.SEQUENCE) || !inner.enter().expect(Tag.OBJECT_ID)) continue
    const at = inner.from
    const isNamed = inner.to - at === 3 && byteAt(der, at) === 0x55 && byteAt(der, at + 1) === 4
    const attribute = isNamed ? byteAt(der, at + 2) : 0
    if ((attribute !== 3 && attribute !== 10) || !inner.next()) continue
    const text = textAt(der, inner.from, inner.to, LONGEST_NAME)
    if (attribute === 3) return text
    organisation ??= text
  }
  return organisation
}

/** UTCTime `YYMMDDhhmmssZ` or GeneralizedTime `YYYYMMDDhhmmssZ` (RFC 5280 §4.1.2.5), as RFC 3339. */
function timeAt(der: Payload, { tag, from, to }: BerCursor): string | null {
  const written = textAt(der, from, to, 15)
  const century = tag !== Tag.UTC_TIME ? '' : Number(written.slice(0, 2)) < 50 ? '20' : '19'
  const digits = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(century + written)
  if (digits === null) return null
  const [, year, month, day, hour, minute, second] = digits
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`
}

function isSame(der: Payload, from: number, to: number, other: number, otherTo: number): boolean {
  if (to - from !== otherTo - other || otherTo > der.payloadCaptured) return false
  for (let index = 0; index < to - from; index += 1) {
    if (byteAt(der, from + index) !== byteAt(der, other + index)) return false
  }
  return true
}
