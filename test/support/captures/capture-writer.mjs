/** Writes large captures of made-up packets, a chunk at a time; plain JavaScript, since `test/bench` runs without a build of the tests. */
import { closeSync, openSync, writeSync } from 'node:fs'

const START_SECONDS = 1_700_000_000
const CHUNK_BYTES = 1 << 20
const LARGEST_RECORD = 2064
const FILE_HEADER_BYTES = 24
const RECORD_HEADER_BYTES = 16
const ETHERNET = 1

/** Numbers from 0 up to, and without, `bound`; the same in every run (splitmix32). */
export function seededRandom(seed) {
  let state = seed | 0
  return (bound) => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) % bound
  }
}

/** Collects Ethernet frames and writes them as a pcap file. */
export class CaptureWriter {
  #file
  #used = FILE_HEADER_BYTES
  packets = 0
  /** Where frames are to be put, at the offsets that `begin` gives. */
  chunk = Buffer.alloc(CHUNK_BYTES)

  constructor(path) {
    this.#file = openSync(path, 'w')
    const head = [0xa1b2c3d4, (4 << 16) | 2, 0, 0, 65535, ETHERNET]
    head.forEach((word, index) => this.chunk.writeUInt32LE(word >>> 0, index * 4))
  }

  /** Begins a packet of `length` bytes, at most 2048, `timeUs` after the capture's start; gives where its frame lies. */
  begin(length, timeUs) {
    if (this.#used + LARGEST_RECORD > CHUNK_BYTES) {
      writeSync(this.#file, this.chunk, 0, this.#used)
      this.#used = 0
    }
    const at = this.#used
    this.chunk.writeUInt32LE(START_SECONDS + Math.floor(timeUs / 1e6), at)
    this.chunk.writeUInt32LE(timeUs % 1e6, at + 4)
    this.chunk.writeUInt32LE(length, at + 8)
    this.chunk.writeUInt32LE(length, at + 12)
    this.#used += RECORD_HEADER_BYTES + length
    this.packets += 1
    return at + RECORD_HEADER_BYTES
  }

  close() {
    writeSync(this.#file, this.chunk, 0, this.#used)
    closeSync(this.#file)
  }
}
