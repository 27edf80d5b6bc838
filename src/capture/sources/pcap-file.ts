/** Frames from a capture file or a stream of one: pcap or pcapng, plain or gzip'd. */
import type { Readable } from 'node:stream'
import { PicketError } from '../../core/errors.ts'
import { CaptureStream, type CaptureFault } from '../capture-stream.ts'
import type { CaptureEnd, CaptureSource, CaptureStatistics, FrameListener } from '../source.ts'
import { fileInput, growingInput, streamInput, type CaptureInput } from './capture-input.ts'
import { GZIP_MAGIC_BYTES, GzipFault, isGzip, unpackedChunks } from './gzip-chunks.ts'

/** A capture file as a source of frames, on the packets' own clock. */
export interface PcapFileSource extends CaptureSource {
  /** The file's size, for progress against `statistics().bytes`; 0 when it cannot be known. */
  readonly sizeBytes: number
}

/** How a file is to be read. */
export interface PcapFileOptions {
  /** Awaited before each further chunk is read, so that slower stages can make the reader wait. */
  pace?(): Promise<void>
  /** Goes on as the file grows, and with the next of its name when it gives way to one, until `stop()`. */
  readonly isFollowed?: boolean
  /** Told when a file that is followed has given way to the next: what was wrong with its end, or null. */
  onNextFile?(fault: CaptureFault | null): void
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
  const input = options.isFollowed === true ? growingInput(path) : fileInput(path)
  return new PcapFile(input, options)
}

/** Makes a source that reads a capture from a stream, such as standard input; else as `openPcapFile`. */
export function openPcapStream(
  stream: Readable,
  name: string,
  options: Pick<PcapFileOptions, 'pace'> = {},
): PcapFileSource {
  return new PcapFile(streamInput(stream, name), options)
}

class PcapFile implements PcapFileSource {
  readonly name: string
  readonly sizeBytes: number
  readonly #input: CaptureInput
  readonly #options: PcapFileOptions
  readonly #stop = new AbortController()
  #stream: CaptureStream | null = null
  /** Of the files that have given way to the one at hand. */
  #earlierFrames = 0
  #bytes = 0
  #unpackedBytes = 0
  #isUnpacked = false
  #fault: CaptureFault | null = null
  #failure: string | null = null

  constructor(input: CaptureInput, options: PcapFileOptions) {
    this.#options = options
    this.#input = input
    this.name = input.name
    this.sizeBytes = input.sizeBytes
  }

  async run(onFrame: FrameListener): Promise<CaptureEnd> {
    while ((await this.#readFile(onFrame)) && this.#options.isFollowed === true) {
      this.#options.onNextFile?.(this.#fault)
      this.#fault = null
    }
    if (this.#failure !== null) return { kind: 'failed', reason: this.#failure }
    if (this.#fault !== null) return this.#endForFault(this.#fault)
    return { kind: this.#isStopped ? 'stopped' : 'complete' }
  }

  /** Reads one file; says whether it came to its end, at which there may be a fault too. */
  async #readFile(onFrame: FrameListener): Promise<boolean> {
    const stream = new CaptureStream(onFrame)
    this.#earlierFrames += this.#stream?.frames ?? 0
    this.#stream = stream
    this.#unpackedBytes = 0
    const input = await this.#input.open(this.#stop.signal)
    try {
      await this.#readInto(stream, input.chunks)
      if (this.#isOver()) return false
      this.#fault = stream.end()
      return true
    } catch (error) {
      this.#noteReadError(error)
      return false
    } finally {
      await input.close()
    }
  }

  stop(): void {
    this.#stop.abort()
  }

  statistics(): CaptureStatistics {
    const frames = this.#earlierFrames + (this.#stream?.frames ?? 0)
    return { frames, bytes: this.#bytes, kernelDrops: null }
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted
  }

  #isOver(): boolean {
    return this.#isStopped || this.#fault !== null
  }

  async #readInto(stream: CaptureStream, input: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks = this.#countedChunks(input)
    const first = await firstBytes(chunks)
    if (first.length === 0) return
    const whole = startingWith(first, chunks)
    this.#isUnpacked = isGzip(first)
    for await (const chunk of this.#isUnpacked ? unpackedChunks(whole) : whole) {
      if (this.#isOver()) return
      this.#unpackedBytes += chunk.length
      this.#fault = stream.push(chunk)
      await this.#options.pace?.()
    }
  }

  /** The input's chunks until its end, `stop()`, or a fault that makes the rest unreadable. */
  async *#countedChunks(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of input) {
      if (this.#isOver()) return
      this.#bytes += chunk.length
      yield chunk
    }
  }

  #endForFault({ kind, byteOffset, reason }: CaptureFault): CaptureEnd {
    if (kind === 'damaged') return { kind, byteOffset, isUnpacked: this.#isUnpacked, reason }
    throw new PicketError('ERR_CAPTURE_FORMAT', `${this.#input.place} is no capture: ${reason}`, {
      hint: 'give a pcap or pcapng file, as tcpdump and Wireshark write them; gzip is fine',
    })
  }

  /** Having been stopped cuts gzip short as well, which then is no news. */
  #noteReadError(error: unknown): void {
    const { syscall, message } = error as NodeJS.ErrnoException
    const isGzipFault = error instanceof GzipFault
    if (!isGzipFault && syscall !== 'read') throw error
    if (this.#isOver()) return
    if (isGzipFault) {
      const kind = this.#unpackedBytes === 0 ? 'format' : 'damaged'
      this.#fault = { kind, byteOffset: this.#unpackedBytes, reason: message }
    } else {
      this.#failure = message
    }
  }
}

/** Returns enough to know gzip by; what comes from a pipe or a growing file may begin with less. */
async function firstBytes(chunks: AsyncGenerator<Uint8Array, void, void>): Promise<Uint8Array> {
  let first: Uint8Array = new Uint8Array(0)
  while (first.length < GZIP_MAGIC_BYTES) {
    const next = await chunks.next()
    if (next.done) return first
    const isEnough = first.length === 0 && next.value.length >= GZIP_MAGIC_BYTES
    first = isEnough ? next.value : Buffer.concat([first, next.value])
  }
  return first
}

async function* startingWith(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  yield first
  yield* rest
}
