/** Reads a file in big chunks, one ahead of the reader, and unpacks gzip on the way. */
import type { FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

/** Large enough to make reads cheap, small enough that the event loop turns every few milliseconds. */
const CHUNK_BYTES = 1024 * 1024
const UNPACKED_CHUNK_BYTES = 64 * 1024

/**
 * Yields the file's bytes in order as views of two buffers used in turn: a chunk is valid only until the
 * next one is asked for.
 *
 * Cost: the next chunk is read while the last one is worked on; the event loop turns once a chunk.
 * Errors: rejects with the system's error when a read fails.
 */
export async function* fileChunks(file: FileHandle): AsyncGenerator<Uint8Array, void, void> {
  let filling: Uint8Array = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  let spare: Uint8Array = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  let reading = file.read(filling, 0, CHUNK_BYTES, null)
  try {
    for (;;) {
      const { bytesRead } = await reading
      if (bytesRead === 0) return
      const full = filling
      filling = spare
      spare = full
      reading = file.read(filling, 0, CHUNK_BYTES, null)
      yield bytesRead === CHUNK_BYTES ? full : full.subarray(0, bytesRead)
    }
  } finally {
    // Who stops early never awaits the read under way, and its failure is then nobody's concern.
    reading.catch(() => undefined)
  }
}

/** How many bytes it takes to know gzip. */
export const GZIP_MAGIC_BYTES = 2

/** Says whether a file that begins with these bytes is gzip'd (RFC 1952 §2.3.1). */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b
}

/**
 * Yields what gzip'd chunks hold.
 *
 * A cut file gives every byte that was whole; a corrupt one may keep back the last 64 KiB before the fault.
 * Errors: rejects with zlib's error (`Z_DATA_ERROR`, `Z_BUF_ERROR` when cut) or that of `packed`.
 */
export async function* unpackedChunks(
  packed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const gunzip = createGunzip({ chunkSize: UNPACKED_CHUNK_BYTES })
  // What goes wrong here destroys `gunzip` with the same error, which the loop below meets.
  pipeline(copies(packed), gunzip).catch(() => undefined)
  yield* gunzip as AsyncIterable<Uint8Array>
}

/** zlib works on a chunk while the next one is asked for, and by then the first one may be reused. */
async function* copies(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  for await (const chunk of chunks) yield Buffer.from(chunk)
}
