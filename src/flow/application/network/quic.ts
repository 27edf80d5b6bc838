/** QUIC (RFC 9000 §17.2, version 2 RFC 9369): long headers; what they carry is encrypted. */
import type { Packet } from '../../../decode/index.ts'
import type { QuicFacts } from '../facts.ts'
import { byteAt, uint16At, uint32At, type Payload } from '../payload.ts'
import { FactReader, Next } from '../reader.ts'

const VERSION = 1
const ID_LENGTH = 5
const LONGEST_ID = 20
const LONG_HEADER = 0x80
const VERSION_2 = 0x6b3343cf

/** A long header with a known version, or a server's version negotiation. */
export function isQuic(payload: Payload, first: number): boolean {
  if ((first & 0xc0) !== 0xc0 || payload.payloadLength < 24) return false
  const upper = uint16At(payload, VERSION)
  const lower = uint16At(payload, VERSION + 2)
  const isVersion1 = upper === 0 && lower === 1
  const isVersion2 = upper === 0x6b33 && lower === 0x43cf
  const isDraft = upper === 0xff00 && lower >= 0x0016 && lower <= 0x0022
  // `Q046`, `T051`. A letter alone would take every 128th DNS message for QUIC, by its identifier.
  const isGoogle = (upper === 0x5130 || upper === 0x5430) && isDigits(lower)
  const isKnown = isVersion1 || isVersion2 || isDraft || isGoogle
  return isKnown && byteAt(payload, ID_LENGTH) <= LONGEST_ID
}

function isDigits(two: number): boolean {
  const upper = two >>> 8
  const lower = two & 255
  return upper >= 0x30 && upper <= 0x39 && lower >= 0x30 && lower <= 0x39
}

/** `1`, `2`, `draft-29`, `Q046`, or the number. */
export function quicVersionName(version: number): string {
  if (version === 1) return '1'
  if (version === VERSION_2) return '2'
  if (version >>> 8 === 0xff0000) return `draft-${version & 255}`
  const letters = String.fromCharCode(version >>> 24, (version >>> 16) & 255)
  const digits = String.fromCharCode((version >>> 8) & 255, version & 255)
  if (/^[QT]0\d\d$/.test(letters + digits)) return letters + digits
  return `0x${version.toString(16).padStart(8, '0')}`
}

export class QuicReader extends FactReader {
  #facts: QuicFacts | null = null

  override read(packet: Packet): number {
    const first = byteAt(packet, 0)
    if ((first & LONG_HEADER) === 0) return Next.DONE
    if (this.#facts !== null || !isQuic(packet, first)) return Next.MORE
    const destinationIdBytes = byteAt(packet, ID_LENGTH)
    const sourceIdBytes = byteAt(packet, ID_LENGTH + 1 + destinationIdBytes)
    this.#facts = {
      kind: 'quic',
      version: quicVersionName(uint32At(packet, VERSION)),
      destinationIdBytes,
      sourceIdBytes: Math.max(0, sourceIdBytes),
      sni: null,
      alpn: [],
      ja4: null,
    }
    if (this.context.isHeard) this.context.tell(this.#facts)
    return Next.MORE
  }

  override facts(): QuicFacts | null {
    return this.#facts
  }
}
