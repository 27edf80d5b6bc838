/**
 * HPACK (RFC 7541): header fields as HTTP/2 writes them, with a table of those that were sent before.
 *
 * A block that is not read whole makes all later ones unreadable, so a decoder that failed once is of no more use.
 */
import type { TextBudget } from '../../reader.ts'
import { decodeHuffman } from './huffman.ts'
import { STATIC_FIELDS } from './static-fields.ts'

const DEFAULT_TABLE_BYTES = 4096
/** Nobody's programs ask for more; the texts of all tables are bounded besides. */
const MOST_TABLE_BYTES = 65_536
/** RFC 7541 §4.1: what an entry counts for besides its text. */
const ENTRY_BYTES = 32
/** Bytes by which an integer goes on beyond its prefix; four hold more than any honest one. */
const MOST_INTEGER_BYTES = 4

export type Field = readonly [name: string, value: string]

/** Reads one direction's header blocks. Text is Latin-1, as it was sent. */
export class HpackDecoder {
  readonly #budget: TextBudget
  /** The newest first. */
  readonly #entries: Field[] = []
  #bytes = 0
  #mostBytes = DEFAULT_TABLE_BYTES
  #block: Uint8Array = new Uint8Array(0)
  #at = 0

  constructor(budget: TextBudget) {
    this.#budget = budget
  }

  /** Returns the fields of a whole block; null when it is none, or the table outgrows its bounds. */
  decode(block: Uint8Array): Field[] | null {
    this.#block = block
    this.#at = 0
    const fields: Field[] = []
    while (this.#at < block.length) {
      const first = block[this.#at]!
      if ((first & 0xe0) === 0x20) {
        if (!this.#resize(this.#integer(5))) return null
        continue
      }
      const field = (first & 0x80) !== 0 ? this.#field(this.#integer(7)) : this.#literal(first)
      if (field === null) return null
      fields.push(field)
    }
    return fields
  }

  /** Gives back what the table holds. */
  release(): void {
    this.#resize(0)
  }

  #literal(first: number): Field | null {
    const isIndexed = (first & 0x40) !== 0
    const index = this.#integer(isIndexed ? 6 : 4)
    const name = index === 0 ? this.#string() : (this.#field(index)?.[0] ?? null)
    const value = name === null ? null : this.#string()
    if (name === null || value === null) return null
    const field: Field = [name, value]
    return isIndexed && !this.#add(field) ? null : field
  }

  #field(index: number): Field | null {
    const isStatic = index <= STATIC_FIELDS.length
    const field = isStatic ? STATIC_FIELDS[index - 1] : this.#entries[index - STATIC_FIELDS.length - 1] // prettier-ignore
    return field ?? null
  }

  #add(field: Field): boolean {
    const bytes = sizeOf(field)
    this.#evictTo(this.#mostBytes - bytes)
    // One larger than the whole table empties it, and is no fault (§4.4).
    if (bytes > this.#mostBytes) return true
    if (!this.#budget.take(bytes, true)) return false
    this.#entries.unshift(field)
    this.#bytes += bytes
    return true
  }

  #resize(bytes: number): boolean {
    if (bytes < 0 || bytes > MOST_TABLE_BYTES) return false
    this.#mostBytes = bytes
    this.#evictTo(bytes)
    return true
  }

  #evictTo(bytes: number): void {
    while (this.#entries.length > 0 && this.#bytes > bytes) {
      const size = sizeOf(this.#entries.pop()!)
      this.#bytes -= size
      this.#budget.giveBack(size)
    }
  }

  /** §5.1; -1 when it is cut or too long. */
  #integer(prefixBits: number): number {
    const most = (1 << prefixBits) - 1
    const prefix = this.#block[this.#at]! & most
    this.#at += 1
    if (prefix < most) return prefix
    let value = most
    for (let count = 0; count < MOST_INTEGER_BYTES && this.#at < this.#block.length; count += 1) {
      const byte = this.#block[this.#at]!
      this.#at += 1
      value += (byte & 0x7f) << (7 * count)
      if (byte < 0x80) return value
    }
    return -1
  }

  /** §5.2. */
  #string(): string | null {
    const isHuffman = this.#at < this.#block.length && this.#block[this.#at]! >= 0x80
    const length = this.#at < this.#block.length ? this.#integer(7) : -1
    const end = this.#at + length
    if (length < 0 || end > this.#block.length) return null
    const bytes = Buffer.from(this.#block.subarray(this.#at, end))
    this.#at = end
    const text = isHuffman ? decodeHuffman(bytes) : bytes
    return text === null ? null : text.toString('latin1')
  }
}

function sizeOf([name, value]: Field): number {
  return name.length + value.length + ENTRY_BYTES
}
