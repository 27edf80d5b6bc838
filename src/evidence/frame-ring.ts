/** The frames just seen, in memory of a fixed size: what evidence is taken from when there is something to tell. */
import type { Frame } from '../capture/source.ts'
import type { Packet } from '../decode/packet.ts'

/** Bookkeeping of a place beside its bytes: time, two ends, two lengths, link type. */
const PLACE_BYTES = 32

/**
 * A ring of places of `snapBytes` each; the newest frame takes the oldest one's place.
 *
 * Cost: one copy of at most `snapBytes` a frame, some 0.1 µs. Memory: `maxBytes`, whatever comes.
 */
export class FrameRing {
  readonly snapBytes: number
  readonly #places: number
  readonly #bytes: Uint8Array
  readonly #view: DataView
  /** What the last frame lay in, and a view of it: many frames lie in one. */
  #source: Uint8Array = new Uint8Array(0)
  #sourceView: DataView = new DataView(this.#source.buffer)
  readonly #timesUs: Float64Array
  readonly #sources: Int32Array
  readonly #destinations: Int32Array
  readonly #captured: Int32Array
  readonly #wire: Int32Array
  readonly #linkTypes: Uint16Array
  /** Frames taken in so far: the number of the next one. */
  #next = 0

  constructor(maxBytes: number, snapBytes: number) {
    this.snapBytes = snapBytes
    this.#places = Math.max(1, Math.floor(maxBytes / (snapBytes + PLACE_BYTES)))
    this.#bytes = new Uint8Array(this.#places * snapBytes)
    this.#view = new DataView(this.#bytes.buffer)
    this.#timesUs = new Float64Array(this.#places)
    this.#sources = new Int32Array(this.#places)
    this.#destinations = new Int32Array(this.#places)
    this.#captured = new Int32Array(this.#places)
    this.#wire = new Int32Array(this.#places)
    this.#linkTypes = new Uint16Array(this.#places)
  }

  /** Number of the oldest frame that is still here. */
  get first(): number {
    return Math.max(0, this.#next - this.#places)
  }

  /** Number that the next frame gets. */
  get next(): number {
    return this.#next
  }

  add(frame: Frame, packet: Packet): void {
    const place = this.#next % this.#places
    const length = Math.min(frame.capturedLength, this.snapBytes)
    this.#copy(frame, length, place * this.snapBytes)
    this.#timesUs[place] = frame.timestampUs
    this.#captured[place] = length
    this.#wire[place] = frame.wireLength
    this.#linkTypes[place] = frame.linkType
    // What has no addresses is nobody's.
    this.#sources[place] = packet.ipVersion === 6 ? sourceEnd(packet) : packet.source3
    this.#destinations[place] =
      packet.ipVersion === 6 ? destinationEnd(packet) : packet.destination3
    this.#next += 1
  }

  /** Copies by words: to hand `set` a part of the buffer takes a new object, which costs more than the copy. */
  #copy({ buffer, offset }: Frame, length: number, to: number): void {
    if (buffer !== this.#source) {
      this.#source = buffer
      this.#sourceView = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    }
    const source = this.#sourceView
    const view = this.#view
    const words = length & ~3
    for (let at = 0; at < words; at += 4) {
      view.setInt32(to + at, source.getInt32(offset + at, true), true)
    }
    for (let at = words; at < length; at += 1) this.#bytes[to + at] = buffer[offset + at]!
  }

  timeUs(number: number): number {
    return this.#timesUs[number % this.#places]!
  }

  linkType(number: number): number {
    return this.#linkTypes[number % this.#places]!
  }

  source(number: number): number {
    return this.#sources[number % this.#places]!
  }

  destination(number: number): number {
    return this.#destinations[number % this.#places]!
  }

  wireLength(number: number): number {
    return this.#wire[number % this.#places]!
  }

  /** A view that holds until the frame gives way. */
  bytes(number: number): Uint8Array {
    const place = number % this.#places
    const at = place * this.snapBytes
    return this.#bytes.subarray(at, at + this.#captured[place]!)
  }
}

function sourceEnd(packet: Packet): number {
  return ipv6End(packet.source0, packet.source1, packet.source2, packet.source3)
}

function destinationEnd(packet: Packet): number {
  const { destination0, destination1, destination2, destination3 } = packet
  return ipv6End(destination0, destination1, destination2, destination3)
}

/** Folds an IPv6 address into 32 bits; an IPv4 address is compared as it is. */
export function ipv6End(word0: number, word1: number, word2: number, word3: number): number {
  let end = Math.imul(word0 ^ 0x2545f491, 0x9e3779b1)
  end = Math.imul(end ^ (end >>> 15) ^ word1, 0x85ebca6b)
  end = Math.imul(end ^ (end >>> 13) ^ word2, 0xc2b2ae35)
  return Math.imul(end ^ (end >>> 16) ^ word3, 0x27d4eb2f) | 0
}
