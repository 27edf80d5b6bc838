/**
 * QUIC (RFC 9000 §17.2, version 2 RFC 9369): long headers, and the ClientHello in the client's first packets, whose
 * keys everybody can make. What follows is encrypted for good.
 */
import type { Packet } from '../../../../decode/index.ts'
import type { QuicFacts } from '../../facts.ts'
import { byteAt, uint16At, uint32At, type Payload } from '../../payload.ts'
import { FactReader, Next } from '../../reader.ts'
import { readClientHello } from '../../tls/client-hello.ts'
import { ja4 } from '../../tls/fingerprints.ts'
import { CryptoStream } from './quic-crypto-stream.ts'
import { initialPieces } from './quic-initial.ts'

const VERSION = 1
const ID_LENGTH = 5
const LONGEST_ID = 20
const LONG_HEADER = 0x80
const VERSION_2 = 0x6b3343cf
const CLIENT_HELLO = 1
/** Datagrams that a hello may be scattered over. */
const MOST_INITIALS = 4

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
function quicVersionName(version: number): string {
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
  #isTold = false
  /** What has come of the hello. */
  readonly #stream = new CryptoStream()
  #initials = 0
  #held = 0

  override read(packet: Packet, side: number): number {
    const first = byteAt(packet, 0)
    if ((first & LONG_HEADER) === 0) {
      this.#tell()
      return Next.DONE
    }
    if (this.#isTold || !isQuic(packet, first)) return Next.MORE
    this.#facts ??= headerFacts(packet)
    // Once the server speaks, the hello has arrived.
    if (side !== 0 || !this.#mayGoOn(packet)) this.#tell()
    return Next.MORE
  }

  /** Nothing will come any more. */
  override settle(): number {
    this.#tell()
    return super.settle()
  }

  /** Reads what there is of the hello; true while more of it is to be waited for. */
  #mayGoOn(packet: Packet): boolean {
    this.#initials += 1
    if (this.context.decryptions.admit(packet.timestampUs / 1000) === null) return false
    for (const piece of initialPieces(packet) ?? []) {
      if (!this.context.text.take(piece.bytes.length, true)) return false
      this.#held += piece.bytes.length
      this.#stream.add(piece)
    }
    const message = this.#stream.message()
    if (message !== null) this.#readHello(message)
    const isUnderWay = this.#stream.bytes > 0 && this.#initials < MOST_INITIALS
    return message === null && isUnderWay
  }

  #readHello(message: Payload): void {
    const hello = byteAt(message, 0) === CLIENT_HELLO ? readClientHello(message) : null
    if (hello === null) return
    const sni = this.keep(hello.sni)
    const alpn = hello.alpn.filter((name) => this.keep(name) !== null)
    this.#facts = { ...this.#facts!, sni, alpn, ja4: ja4(hello, 'q') }
  }

  #tell(): void {
    if (this.#isTold || this.#facts === null) return
    this.#isTold = true
    this.#giveBack()
    if (this.context.isHeard) this.context.tell(this.#facts)
  }

  override facts(): QuicFacts | null {
    return this.#facts
  }

  override release(): void {
    this.#giveBack()
    super.release()
  }

  #giveBack(): void {
    this.context.text.giveBack(this.#held)
    this.#held = 0
    this.#stream.forget()
  }
}

function headerFacts(packet: Packet): QuicFacts {
  const destinationIdBytes = byteAt(packet, ID_LENGTH)
  const sourceIdBytes = byteAt(packet, ID_LENGTH + 1 + destinationIdBytes)
  return {
    kind: 'quic',
    version: quicVersionName(uint32At(packet, VERSION)),
    destinationIdBytes,
    sourceIdBytes: Math.max(0, sourceIdBytes),
    sni: null,
    alpn: [],
    ja4: null,
  }
}
