/** Reads a file in big chunks, one ahead of the reader. */
import type { FileHandle } from 'node:fs/promises'

/** Large enough to make reads cheap, small enough that the event loop turns every few milliseconds. */
const CHUNK_BYTES = 1024 * 1024

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
