/** Reads classic pcap, µs and ns, both byte orders: what files hold and what tcpdump writes. */
import { MAX_CAPTURED_BYTES, type RecordReader } from './record-stream.ts'
import { LinkType, type Frame, type FrameListener } from './source.ts'

/** The file header's first word, as little-endian readers see it. */
const MICROSECONDS = 0xa1b2c3d4
const MICROSECONDS_SWAPPED = 0xd4c3b2a1
const NANOSECONDS = 0xa1b23c4d
const NANOSECONDS_SWAPPED = 0x4d3cb2a1

const FILE_HEADER_BYTES = 24
const VERSION_MAJOR = 4
const LINK_TYPE = 20

const RECORD_HEADER_BYTES = 16
const FRACTION = 4
const CAPTURED_LENGTH = 8
const WIRE_LENGTH = 12

/** Says whether a stream that begins with this little-endian word is classic pcap. */
export function isPcapMagic(word: number): boolean {
  return [MICROSECONDS, MICROSECONDS_SWAPPED, NANOSECONDS, NANOSECONDS_SWAPPED].includes(word)
}

/**
 * Gives the LINKTYPE number for what a file's header holds.
 *
 * The upper half word carries the FCS length. 12 and 14 are raw IP as writers that skip libpcap's
 * mapping store it (DLT_RAW of Linux and of OpenBSD).
 */
export function linkTypeOf(field: number): number {
  const linkType = field & 0xffff
  return linkType === 12 || linkType === 14 ? LinkType.RAW : linkType
}

/** Makes the frame that a reader hands on again and again. */
export function createFrame(): Frame {
  return {
    timestampUs: 0,
    linkType: LinkType.ETHERNET,
    buffer: new Uint8Array(0),
    offset: 0,
    capturedLength: 0,
    wireLength: 0,
  }
}

/**
 * Reads pcap records and hands each on as the same, reused Frame.
 *
 * Units: nanoseconds are cut to whole µs.
 * Cost: no allocation per packet; the frame points into the chunk.
 * Errors: never throws; an impossible length is a fault.
 * Source: draft-ietf-opsawg-pcap §4, §5; the variants of before 1998 and Kuznetzov's are left out.
 */
export class PcapReader implements RecordReader {
  frames = 0
  neededBytes = FILE_HEADER_BYTES
  readonly skippedBytes = 0
  fault: RecordReader['fault'] = null
  readonly #onFrame: FrameListener
  readonly #frame = createFrame()
  #hasFileHeader = false
  #isLittleEndian = true
  #fractionsPerUs = 1

  constructor(onFrame: FrameListener) {
    this.#onFrame = onFrame
  }

  readWhole(bytes: Uint8Array, view: DataView, from: number, end: number): number {
    if (this.#hasFileHeader) return this.#readRecords(bytes, view, from, end)
    if (end - from < FILE_HEADER_BYTES || !this.#readFileHeader(view, from)) return from
    return this.#readRecords(bytes, view, from + FILE_HEADER_BYTES, end)
  }

  #readFileHeader(view: DataView, at: number): boolean {
    const magic = view.getUint32(at, true)
    this.#isLittleEndian = magic === MICROSECONDS || magic === NANOSECONDS
    this.#fractionsPerUs = magic === NANOSECONDS || magic === NANOSECONDS_SWAPPED ? 1000 : 1
    const version = view.getUint16(at + VERSION_MAJOR, this.#isLittleEndian)
    if (version !== 2) {
      this.fault = { kind: 'format', reason: `pcap version ${version} is not known, only 2` }
      return false
    }
    this.#frame.linkType = linkTypeOf(view.getUint32(at + LINK_TYPE, this.#isLittleEndian))
    this.#hasFileHeader = true
    return true
  }

  #readRecords(bytes: Uint8Array, view: DataView, from: number, end: number): number {
    const frame = this.#frame
    const onFrame = this.#onFrame
    const isLittleEndian = this.#isLittleEndian
    const fractionsPerUs = this.#fractionsPerUs
    frame.buffer = bytes
    let at = from
    while (end - at >= RECORD_HEADER_BYTES) {
      const capturedLength = view.getUint32(at + CAPTURED_LENGTH, isLittleEndian)
      const next = at + RECORD_HEADER_BYTES + capturedLength
      if (next > end || capturedLength > MAX_CAPTURED_BYTES) {
        return this.#stopWithin(at, capturedLength)
      }
      const fraction = view.getUint32(at + FRACTION, isLittleEndian)
      const wireLength = view.getUint32(at + WIRE_LENGTH, isLittleEndian)
      frame.timestampUs =
        view.getUint32(at, isLittleEndian) * 1e6 +
        (fractionsPerUs === 1 ? fraction : Math.floor(fraction / fractionsPerUs))
      frame.offset = at + RECORD_HEADER_BYTES
      frame.capturedLength = capturedLength
      frame.wireLength = wireLength < capturedLength ? capturedLength : wireLength
      this.frames += 1
      onFrame(frame)
      at = next
    }
    this.neededBytes = RECORD_HEADER_BYTES
    return at
  }

  #stopWithin(at: number, capturedLength: number): number {
    if (capturedLength > MAX_CAPTURED_BYTES) {
      this.fault = {
        kind: 'damaged',
        reason: `a record claims ${capturedLength} bytes, more than any frame has`,
      }
    }
    this.neededBytes = RECORD_HEADER_BYTES + capturedLength
    return at
  }
}
