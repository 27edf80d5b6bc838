/** Where the bytes of a capture come from: a file, a file that still grows, or a stream. */
import { statSync } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { PicketError } from '../../core/errors.ts'
import { fileChunks } from './file-chunks.ts'
import { growingChunks, streamChunks, waitToLookAgain } from './growing-file.ts'

const OPEN_HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'check the path; there is no such file',
  ENOTDIR: 'check the path; there is no such file',
  EACCES: 'run as a user who may read the file',
  EPERM: 'run as a user who may read the file',
  EISDIR: 'name a capture file, not a directory',
}

/** Bytes of a capture that have not been asked for yet. */
export interface CaptureInput {
  /** For people: `scan.pcap`, `stdin`. */
  readonly name: string
  /** What the user called it: the path. */
  readonly place: string
  /** 0 when it cannot be known. */
  readonly sizeBytes: number
  /** Opens it; `stop` ends the chunks. Errors: `ERR_CAPTURE_OPEN`. */
  open(stop: AbortSignal): Promise<OpenInput>
}

export interface OpenInput {
  /** Each chunk is valid until the next is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>
  close(): Promise<void>
}

/** Makes the input of a file. */
export function fileInput(path: string): CaptureInput {
  return {
    name: basename(path),
    place: path,
    sizeBytes: sizeOf(path),
    async open() {
      const file = await openForReading(path)
      return { chunks: fileChunks(file), close: () => file.close() }
    },
  }
}

/**
 * Makes the input of a file that still grows: it ends where the file gives way to another of its name, which is
 * then opened in its place. One that is not there yet is waited for.
 */
export function growingInput(path: string): CaptureInput {
  return {
    name: basename(path),
    place: path,
    sizeBytes: 0,
    async open(stop) {
      const file = await openOnceThere(path, stop)
      if (file === null) return { chunks: nothing(), close: () => Promise.resolve() }
      const { dev, ino } = await file.stat()
      const isReplaced = async (): Promise<boolean> => {
        // A name that is nobody's at the moment will be given to the next.
        const found = await stat(path).catch(() => null)
        return found !== null && (found.dev !== dev || found.ino !== ino)
      }
      return { chunks: growingChunks(file, stop, isReplaced), close: () => file.close() }
    },
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void, void> {
  // Whoever stops while a file is waited for has read nothing.
}

/** Makes the input of a stream, such as standard input. */
export function streamInput(stream: Readable, name: string): CaptureInput {
  return {
    name,
    place: name,
    sizeBytes: 0,
    open(stop) {
      const close = (): Promise<void> => {
        stream.destroy()
        return Promise.resolve()
      }
      return Promise.resolve({ chunks: streamChunks(stream, stop), close })
    },
  }
}

/** Size only matters for progress; what is wrong with the file is told when it is opened. */
function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch {
    return 0
  }
}

/** Null when it was stopped before the file was there. */
async function openOnceThere(path: string, stop: AbortSignal): Promise<FileHandle | null> {
  while (!stop.aborted) {
    await refusePipe(path)
    try {
      return await openForReading(path)
    } catch (error) {
      // Asked by opening: a name that was there a moment ago may have been given away since.
      if (!(error instanceof PicketError) || !isNotThere(error.cause)) throw error
      await waitToLookAgain(stop)
    }
  }
  return null
}

/** A pipe has no place to look for more at, and ends with its writer; to open one waits for that. */
async function refusePipe(path: string): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (found?.isFIFO() !== true) return
  throw new PicketError('ERR_CAPTURE_OPEN', `cannot follow ${path}: it is a pipe, not a file`, {
    hint: `a pipe is read as it comes: picket replay --follow - < ${path}`,
  })
}

const isNotThere = (cause: unknown): boolean =>
  (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'

async function openForReading(path: string): Promise<FileHandle> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    throw cannotOpen(path, (error as NodeJS.ErrnoException).code ?? 'EIO', error)
  }
  const found = await file.stat()
  if (!found.isDirectory()) return file
  await file.close()
  throw cannotOpen(path, 'EISDIR')
}

function cannotOpen(path: string, code: string, cause?: unknown): PicketError {
  const hint = OPEN_HINTS[code] ?? 'check that the file can be read'
  return new PicketError('ERR_CAPTURE_OPEN', `cannot open ${path}: ${code}`, { hint, cause })
}
