/** The stream in which QUIC carries the handshake (RFC 9001 §4.1.3). */
import { byteAt, uint16At, type Payload } from '../../payload.ts'
import type { CryptoPiece } from './quic-initial.ts'

/** The handshake's stream while its first message comes in: pieces in any order, some of them twice. */
export class CryptoStream {
  readonly #pieces: CryptoPiece[] = []
  /** Bytes held. */
  bytes = 0

  add(piece: CryptoPiece): void {
    // Copied, lest the whole packet be held with it.
    this.#pieces.push({ offset: piece.offset, bytes: new Uint8Array(piece.bytes) })
    this.bytes += piece.bytes.length
  }

  forget(): void {
    this.#pieces.length = 0
    this.bytes = 0
  }

  /** The first message with its header, once it is whole; null until then. */
  message(): Payload | null {
    const sorted = this.#pieces.toSorted((one, other) => one.offset - other.offset)
    const bytes = new Uint8Array(this.bytes)
    let have = 0
    for (const piece of sorted) {
      if (piece.offset > have) break
      const end = piece.offset + piece.bytes.length
      if (end <= have) continue
      bytes.set(piece.bytes.subarray(have - piece.offset), have)
      have = end
    }
    const view: Payload = {
      buffer: bytes,
      payloadOffset: 0,
      payloadCaptured: have,
      payloadLength: have,
    }
    const length = byteAt(view, 1) * 65_536 + uint16At(view, 2) + 4
    if (have < 4 || have < length) return null
    return { ...view, payloadCaptured: length, payloadLength: length }
  }
}
