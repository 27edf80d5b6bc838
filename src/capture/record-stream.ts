/** Cuts a stream of chunks into whole records, wherever the chunks happen to end. */

/** The most bytes of one frame we take; libpcap's own bound for Ethernet and its kin. */
export const MAX_CAPTURED_BYTES = 262144

/** Room for the longest record we gather whole: a frame and the longest header around it. */
const CARRY_BYTES = MAX_CAPTURED_BYTES + 4096

/** Why a capture could not be read on. */
export interface CaptureFault {
  /** `format`: it is no capture at all; `damaged`: it begins as one and is cut or corrupt. */
  readonly kind: 'format' | 'damaged'
  /** Where the record that cannot be read begins, counted from the start of the stream. */
  readonly byteOffset: number
  readonly reason: string
}

/** What a capture format must know: how long its records are and what they mean. */
export interface RecordReader {
  /** Frames handed on so far. */
  readonly frames: number
  /** After `readWhole`: how many bytes the record where it stopped needs, at the least. */
  readonly neededBytes: number
  /** Bytes passed over of a record that is being skipped and not at its end; 0 when none is. */
  readonly skippedBytes: number
  /** Why the record where `readWhole` stopped can never be read, or null. */
  readonly fault: Pick<CaptureFault, 'kind' | 'reason'> | null
  /** Reads every whole record in [from, end) and returns where the first incomplete one begins. */
  readWhole(bytes: Uint8Array, view: DataView, from: number, end: number): number
}

/**
 * Feeds a reader with whole records.
 *
 * Cost: records that lie within a chunk are read in place; only those that straddle two chunks are
 * copied, into one buffer of fixed size.
 */
export class RecordStream {
  readonly #reader: RecordReader
  readonly #carry = new Uint8Array(CARRY_BYTES)
  readonly #carryView = new DataView(this.#carry.buffer)
  #carryLength = 0
  /** Bytes taken in, the carried ones included. */
  #position = 0
  #fault: CaptureFault | null = null
  #chunk: Uint8Array | null = null
  #chunkView: DataView | null = null

  constructor(reader: RecordReader) {
    this.#reader = reader
  }

  get frames(): number {
    return this.#reader.frames
  }

  /** Reads on; returns the fault that ended the reading, after which further chunks are ignored. */
  push(chunk: Uint8Array, length = chunk.length): CaptureFault | null {
    if (this.#fault !== null) return this.#fault
    const from = this.#carryLength > 0 ? this.#completeCarried(chunk, length) : 0
    if (this.#fault !== null || from === length) return this.#fault
    const stoppedAt = this.#reader.readWhole(chunk, this.#viewOf(chunk), from, length)
    this.#position += stoppedAt - from
    if (this.#reader.fault !== null) return this.#fail(this.#position)
    this.#keep(chunk, stoppedAt, length)
    return null
  }

  /** Tells that nothing more comes; a record left incomplete is a fault. */
  end(): CaptureFault | null {
    const openBytes = this.#carryLength + this.#reader.skippedBytes
    if (this.#fault === null && openBytes > 0) {
      const byteOffset = this.#position - openBytes
      const reason = `the capture ends ${openBytes} bytes into a record`
      this.#fault = { kind: 'damaged', byteOffset, reason }
    }
    return this.#fault
  }

  /** Adds to the carried record exactly what it lacks; returns how far into the chunk that reached. */
  #completeCarried(chunk: Uint8Array, length: number): number {
    let at = 0
    while (this.#carryLength > 0) {
      const taken = Math.min(this.#reader.neededBytes - this.#carryLength, length - at)
      this.#keep(chunk, at, at + taken)
      at += taken
      if (this.#carryLength < this.#reader.neededBytes) return at
      const read = this.#reader.readWhole(this.#carry, this.#carryView, 0, this.#carryLength)
      if (this.#reader.fault !== null) {
        this.#fail(this.#position - this.#carryLength)
        return at
      }
      if (read > 0) this.#carryLength = 0
    }
    return at
  }

  #keep(chunk: Uint8Array, from: number, end: number): void {
    this.#carry.set(chunk.subarray(from, end), this.#carryLength)
    this.#carryLength += end - from
    this.#position += end - from
  }

  #fail(byteOffset: number): CaptureFault {
    const { kind, reason } = this.#reader.fault!
    this.#fault = { kind, byteOffset, reason }
    return this.#fault
  }

  /** Files are read into a few buffers over and over: their views are kept. */
  #viewOf(chunk: Uint8Array): DataView {
    if (this.#chunk !== chunk || this.#chunkView === null) {
      this.#chunk = chunk
      this.#chunkView = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    }
    return this.#chunkView
  }
}
