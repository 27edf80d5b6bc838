/** Frames from a capture file: pcap or pcapng, plain or gzip'd. */
import { statSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import { PicketError } from '../../core/errors.ts'
import { CaptureStream, type CaptureFault } from '../capture-stream.ts'
import type { CaptureEnd, CaptureSource, CaptureStatistics, FrameListener } from '../source.ts'
import { fileChunks, isGzip, unpackedChunks } from './file-chunks.ts'

const OPEN_HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'check the path; there is no such file',
  ENOTDIR: 'check the path; there is no such file',
  EACCES: 'run as a user who may read the file',
  EPERM: 'run as a user who may read the file',
  EISDIR: 'name a capture file, not a directory',
}

/** A capture file as a source of frames, on the packets' own clock. */
export interface PcapFileSource extends CaptureSource {
  /** The file's size, for progress against `statistics().bytes`; 0 when it cannot be known. */
  readonly sizeBytes: number
}

/** How a file is to be read. */
export interface PcapFileOptions {
  /** Awaited before each further chunk is read, so that slower stages can make the reader wait. */
  pace?(): Promise<void>
}

/**
 * Makes a source that reads the capture file at `path`: pcap or pcapng, as it is or gzip'd.
 *
 * Units: `statistics().bytes` counts the file as it lies on disk; a fault's `byteOffset` counts the
 * unpacked capture.
 * Cost: two buffers of 1 MiB whatever the file's size; the event loop turns once a MiB.
 * Errors: never throws; `run` rejects with `ERR_CAPTURE_OPEN` (missing, unreadable, a directory) or
 * `ERR_CAPTURE_FORMAT` (no capture at all).
 */
export function openPcapFile(path: string, options: PcapFileOptions = {}): PcapFileSource {
  return new PcapFile(path, options)
}

class PcapFile implements PcapFileSource {
  readonly name: string
  readonly sizeBytes: number
  readonly #path: string
  readonly #options: PcapFileOptions
  #stream: CaptureStream | null = null
  #bytes = 0
  #unpackedBytes = 0
  #fault: CaptureFault | null = null
  #failure: string | null = null
  #isStopped = false

  constructor(path: string, options: PcapFileOptions) {
    this.#options = options
    this.#path = path
    this.name = basename(path)
    this.sizeBytes = sizeOf(path)
  }

  async run(onFrame: FrameListener): Promise<CaptureEnd> {
    const stream = new CaptureStream(onFrame)
    this.#stream = stream
    const file = await openForReading(this.#path)
    try {
      await this.#readInto(stream, file)
      this.#fault ??= this.#isStopped ? null : stream.end()
    } catch (error) {
      this.#noteReadError(error)
    } finally {
      await file.close()
    }
    if (this.#failure !== null) return { kind: 'failed', reason: this.#failure }
    if (this.#fault !== null) return this.#endForFault(this.#fault)
    return { kind: this.#isStopped ? 'stopped' : 'complete' }
  }

  stop(): void {
    this.#isStopped = true
  }

  statistics(): CaptureStatistics {
    return { frames: this.#stream?.frames ?? 0, bytes: this.#bytes, kernelDrops: null }
  }

  #isOver(): boolean {
    return this.#isStopped || this.#fault !== null
  }

  async #readInto(stream: CaptureStream, file: FileHandle): Promise<void> {
    const chunks = this.#countedChunks(file)
    const first = await chunks.next()
    if (first.done) return
    const whole = startingWith(first.value, chunks)
    for await (const chunk of isGzip(first.value) ? unpackedChunks(whole) : whole) {
      if (this.#isOver()) return
      this.#unpackedBytes += chunk.length
      this.#fault = stream.push(chunk)
      await this.#options.pace?.()
    }
  }

  /** The file's chunks until its end, `stop()`, or a fault that makes the rest unreadable. */
  async *#countedChunks(file: FileHandle): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of fileChunks(file)) {
      if (this.#isOver()) return
      this.#bytes += chunk.length
      yield chunk
    }
  }

  #endForFault({ kind, byteOffset, reason }: CaptureFault): CaptureEnd {
    if (kind === 'damaged') return { kind, byteOffset, reason }
    throw new PicketError('ERR_CAPTURE_FORMAT', `${this.#path} is no capture: ${reason}`, {
      hint: 'give a pcap or pcapng file, as tcpdump and Wireshark write them; gzip is fine',
    })
  }

  /** Having been stopped cuts gzip short as well, which then is no news. */
  #noteReadError(error: unknown): void {
    const { code = '', syscall, message } = error as NodeJS.ErrnoException
    const isPackingError = code.startsWith('Z_')
    if (!isPackingError && syscall !== 'read') throw error
    if (this.#isOver()) return
    if (!isPackingError) {
      this.#failure = message
      return
    }
    const kind = this.#unpackedBytes === 0 ? 'format' : 'damaged'
    const reason = `the gzip file is cut or corrupt: ${message}`
    this.#fault = { kind, byteOffset: this.#unpackedBytes, reason }
  }
}

async function* startingWith(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  yield first
  yield* rest
}

/** Size only matters for progress; what is wrong with the file is told when it is opened. */
function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch {
    return 0
  }
}

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
