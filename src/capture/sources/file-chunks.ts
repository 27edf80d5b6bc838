/** Reads a file in big chunks, one ahead of the reader, and unpacks gzip on the way. */
import type { FileHandle } from 'node:fs/promises'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

/** Large enough to make reads cheap, small enough that the event loop turns every few milliseconds. */
const CHUNK_BYTES = 1024 * 1024
const UNPACKED_CHUNK_BYTES = 256 * 1024

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

/** Says whether a file that begins with these bytes is gzip'd (RFC 1952 §2.3.1). */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b
}

/**
 * Unpacks gzip and hands on each piece of what it holds.
 *
 * Every byte unpacked before a fault is handed on, which iterating over the gunzip stream would not do:
 * it drops what it holds once it fails.
 * Errors: rejects with zlib's error (`Z_DATA_ERROR`, `Z_BUF_ERROR` when cut) or that of `packed`.
 */
export async function unpackGzip(
  packed: AsyncIterable<Uint8Array>,
  onChunk: (chunk: Uint8Array) => void,
): Promise<void> {
  const taker = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      try {
        onChunk(chunk)
        done()
      } catch (error) {
        done(error as Error)
      }
    },
  })
  await pipeline(copies(packed), createGunzip({ chunkSize: UNPACKED_CHUNK_BYTES }), taker)
}

/** zlib works on a chunk while the next one is asked for, and by then the first one may be reused. */
async function* copies(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  for await (const chunk of chunks) yield Buffer.from(chunk)
}
