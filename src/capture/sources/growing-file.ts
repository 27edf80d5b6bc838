/** Reads what cannot be read ahead: a file that still grows, and a stream that comes when it comes. */
import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { setTimeout as waitMs } from 'node:timers/promises'

const CHUNK_BYTES = 256 * 1024

/** Asked again rather than watched: watching knows nothing of network file systems. */
const LOOK_AGAIN_MS = 200

/**
 * Yields the file's bytes as views of one buffer, valid until the next is asked for, and goes on as the file
 * grows: until `stop`, or until all is read and the file has given way to another (it became shorter, or
 * `isReplaced` says that its name is another file's).
 *
 * Errors: rejects with the system's error when a read fails.
 */
export async function* growingChunks(
  file: FileHandle,
  stop: AbortSignal,
  isReplaced: () => Promise<boolean>,
): AsyncGenerator<Uint8Array, void, void> {
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  let position = 0
  let isLastLook = false
  while (!stop.aborted) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position)
    position += bytesRead
    if (bytesRead > 0) yield buffer.subarray(0, bytesRead)
    else if (isLastLook || (await file.stat()).size < position) return
    // What was written before it was renamed is still to be read.
    else if (await isReplaced()) isLastLook = true
    else await waitToLookAgain(stop)
  }
}

/** Waits a moment, or until `stop`. */
export async function waitToLookAgain(stop: AbortSignal): Promise<void> {
  await waitMs(LOOK_AGAIN_MS, undefined, { signal: stop }).catch(() => undefined)
}

/** Yields what the stream brings until its end or `stop`, which gives the stream up. */
export async function* streamChunks(
  stream: Readable,
  stop: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const giveUp = (): void => void stream.destroy()
  stop.addEventListener('abort', giveUp, { once: true })
  try {
    yield* stream as AsyncIterable<Uint8Array>
  } catch (error) {
    // Giving the stream up ends the wait for more of it with an error of its own.
    if (!stop.aborted) throw error
  } finally {
    stop.removeEventListener('abort', giveUp)
  }
}
