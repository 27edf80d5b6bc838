/** Finds out what a stream of bytes is, and reads it with the format that fits. */
import { isPcapMagic, PcapReader } from './pcap-stream.ts'
import { isPcapngMagic, PcapngReader } from './pcapng-stream.ts'
import { RecordStream, type CaptureFault, type RecordReader } from './record-stream.ts'
import type { FrameListener } from './source.ts'

export type { CaptureFault }

const MAGIC_BYTES = 4

/**
 * Reads a capture of either format in chunks of any size and hands on its frames.
 *
 * The chunks may be reused as soon as `push` has returned.
 * Cost: no allocation per packet.
 * Errors: never throws of itself; what cannot be read is a `CaptureFault`, after which all else is ignored.
 */
export class CaptureStream {
  readonly #onFrame: FrameListener
  readonly #magic = new Uint8Array(MAGIC_BYTES)
  #magicLength = 0
  #records: RecordStream | null = null
  #fault: CaptureFault | null = null

  constructor(onFrame: FrameListener) {
    this.#onFrame = onFrame
  }

  /** Frames handed on so far. */
  get frames(): number {
    return this.#records === null ? 0 : this.#records.frames
  }

  /** Reads the first `length` bytes of the chunk. */
  push(chunk: Uint8Array, length = chunk.length): CaptureFault | null {
    if (this.#records !== null) return this.#records.push(chunk, length)
    if (this.#fault !== null) return this.#fault
    const taken = Math.min(MAGIC_BYTES - this.#magicLength, length)
    this.#magic.set(chunk.subarray(0, taken), this.#magicLength)
    this.#magicLength += taken
    if (this.#magicLength < MAGIC_BYTES) return null
    const reader = this.#readerForMagic()
    if (reader === null) return this.#refuse('it begins like no capture format')
    this.#records = new RecordStream(reader)
    this.#records.push(this.#magic)
    return this.#records.push(chunk.subarray(taken, length))
  }

  /** Tells that nothing more comes; returns the fault, if the capture has one. */
  end(): CaptureFault | null {
    if (this.#records !== null) return this.#records.end()
    if (this.#fault !== null) return this.#fault
    return this.#refuse(this.#magicLength === 0 ? 'it is empty' : 'it is too short')
  }

  #readerForMagic(): RecordReader | null {
    const word = new DataView(this.#magic.buffer).getUint32(0, true)
    if (isPcapMagic(word)) return new PcapReader(this.#onFrame)
    if (isPcapngMagic(word)) return new PcapngReader(this.#onFrame)
    return null
  }

  #refuse(reason: string): CaptureFault {
    this.#fault = { kind: 'format', byteOffset: 0, reason }
    return this.#fault
  }
}
