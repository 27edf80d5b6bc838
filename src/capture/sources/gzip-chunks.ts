/**
 * Unpacks gzip on the way (RFC 1952), of one member or several, and loses nothing that could be unpacked.
 *
 * zlib's stream is written to piece by piece and not piped: a stream that fails drops what it has unpacked and
 * nobody has taken yet, which of a capture cut short would be its last packets.
 */
import { createGunzip, type Gunzip } from 'node:zlib'

/** What zlib makes of the piece in which it meets a fault is lost, so pieces are small, the first ones smallest. */
const PIECE_BYTES = 8192
const FIRST_PIECES_BYTES = 256
const FIRST_BYTES = 16 * 1024
const UNPACKED_CHUNK_BYTES = 64 * 1024

/** How many bytes it takes to know gzip. */
export const GZIP_MAGIC_BYTES = 2

/** Says whether a file that begins with these bytes is gzip'd (RFC 1952 §2.3.1). */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b
}

/** The packed bytes are cut short, corrupt, or followed by others. */
export class GzipFault extends Error {}

/**
 * Yields what gzip'd chunks hold; each is asked for once the one before has been unpacked.
 *
 * Memory: what 8 KiB unpack to, which is 8 MiB at the most.
 * Errors: rejects with `GzipFault`, once all that could be unpacked was yielded, or with what `packed` rejects with.
 */
export async function* unpackedChunks(
  packed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const unpacker = new Unpacker()
  try {
    for await (const chunk of packed) {
      for (let from = 0; from < chunk.length;) {
        const end = from + (unpacker.packedBytes < FIRST_BYTES ? FIRST_PIECES_BYTES : PIECE_BYTES)
        yield* await unpacker.unpack(chunk.subarray(from, end))
        unpacker.throwFault()
        from = end
      }
    }
    yield* await unpacker.end()
    unpacker.throwFault()
  } finally {
    unpacker.close()
  }
}

class Unpacker {
  readonly #gunzip: Gunzip = createGunzip({ chunkSize: UNPACKED_CHUNK_BYTES })
  #unpacked: Uint8Array[] = []
  #packedBytes = 0
  #isOver = false
  #fault: GzipFault | null = null

  constructor() {
    this.#gunzip.on('data', (chunk: Uint8Array) => this.#unpacked.push(chunk))
    this.#gunzip.on('end', () => (this.#isOver = true))
    this.#gunzip.on('error', (error: NodeJS.ErrnoException) => {
      this.#fault = new GzipFault(this.#wordsFor(error))
    })
  }

  /** Bytes taken in so far. */
  get packedBytes(): number {
    return this.#packedBytes
  }

  /** Returns what a piece unpacks to; the piece may be reused then. */
  async unpack(piece: Uint8Array): Promise<Uint8Array[]> {
    if (this.#isOver) {
      this.#expectPadding(piece)
      return []
    }
    const before = this.#packedBytes
    await this.#written(piece)
    this.#packedBytes = before + piece.length
    // The stream counts what it has taken: the rest of the piece lies behind the last member.
    if (this.#isOver) this.#expectPadding(piece.subarray(this.#gunzip.bytesWritten - before))
    return this.#take()
  }

  /** Returns what is left at the end. */
  async end(): Promise<Uint8Array[]> {
    if (!this.#isOver && this.#fault === null) {
      // Its callback comes before the last bytes are unpacked; `close` comes after them, and after a failure.
      await new Promise((resolve) => this.#gunzip.once('close', resolve).end())
    }
    return this.#take()
  }

  throwFault(): void {
    if (this.#fault !== null) throw this.#fault
  }

  close(): void {
    this.#gunzip.destroy()
  }

  /** Waits until the piece is unpacked, or the stream has failed; and for its events. */
  async #written(piece: Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#gunzip.once('close', resolve)
      this.#gunzip.write(piece, () => {
        this.#gunzip.off('close', resolve)
        setImmediate(resolve)
      })
    })
  }

  #take(): Uint8Array[] {
    const unpacked = this.#unpacked
    this.#unpacked = []
    return unpacked
  }

  /** Tapes pad with zeros; anything else is a member whose beginning is damaged. */
  #expectPadding(rest: Uint8Array): void {
    if (rest.every((byte) => byte === 0)) return
    this.#fault ??= new GzipFault(
      `behind its gzip, before packed byte ${this.#packedBytes}, are bytes that are none`,
    )
  }

  #wordsFor({ code, message }: NodeJS.ErrnoException): string {
    return code === 'Z_BUF_ERROR'
      ? `its gzip is cut short after packed byte ${this.#packedBytes}`
      : `its gzip is corrupt shortly after packed byte ${this.#packedBytes} (${message})`
  }
}
