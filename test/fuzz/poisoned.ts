/**
 * Finds reads outside of a frame without slowing them down: the same frame is laid between different bytes,
 * and whatever then comes out differently was read from those.
 */
import type { Frame } from '../../src/capture/source.ts'
import type { SeedFrame } from './seeds.ts'

const MARGIN = 128

/** A buffer whose margins are filled with one byte. */
export class PoisonedBuffer {
  readonly #poison: number
  #buffer = new Uint8Array(0)

  constructor(poison: number) {
    this.#poison = poison
  }

  /** Lays a frame into the buffer; it holds until the next call. */
  lay(frame: SeedFrame): Frame {
    const { timestampUs, linkType, wireLength, bytes } = frame
    const needed = bytes.length + 2 * MARGIN
    if (this.#buffer.length < needed) this.#buffer = new Uint8Array(needed * 2)
    const buffer = this.#buffer
    const end = MARGIN + bytes.length
    buffer.fill(this.#poison, 0, MARGIN)
    buffer.set(bytes, MARGIN)
    buffer.fill(this.#poison, end, end + MARGIN)
    const capturedLength = bytes.length
    return { timestampUs, linkType, wireLength, buffer, offset: MARGIN, capturedLength }
  }
}
