/** Reads pcapng: several sections, several interfaces, both byte orders, every kind of packet block. */
import { microsecondsOf, timestampUnit, type TimestampUnit } from './pcapng-time.ts'
import { createFrame, linkTypeOf } from './pcap-stream.ts'
import { MAX_CAPTURED_BYTES, type RecordReader } from './record-stream.ts'
import type { Frame, FrameListener } from './source.ts'

/** Block types; the section header's reads the same in both byte orders. */
const SECTION_HEADER = 0x0a0d0d0a
const INTERFACE_DESCRIPTION = 1
const OBSOLETE_PACKET = 2
const SIMPLE_PACKET = 3
const ENHANCED_PACKET = 6

const BYTE_ORDER_MAGIC = 0x1a2b3c4d

/** Every block: type, total length, content, total length again. */
const BLOCK_LENGTH = 4
const BLOCK_CONTENT = 8
const BLOCK_OVERHEAD_BYTES = 12
const BYTE_ORDER_END = 12

/** Offsets from the block's start. */
const SECTION_VERSION = 12
const INTERFACE_LINK_TYPE = 8
const INTERFACE_SNAP_LENGTH = 12
const INTERFACE_OPTIONS = 16
const SIMPLE_WIRE_LENGTH = 8
const SIMPLE_BYTES = 12
const PACKET_INTERFACE = 8
const PACKET_TIME_HIGH = 12
const PACKET_TIME_LOW = 16
const PACKET_CAPTURED_LENGTH = 20
const PACKET_WIRE_LENGTH = 24
const PACKET_BYTES = 28

const OPTION_END = 0
const OPTION_TIMESTAMP_RESOLUTION = 9
const OPTION_TIMESTAMP_OFFSET = 14

/** Shortest whole blocks we read. */
const SECTION_MIN_BYTES = 28
const INTERFACE_MIN_BYTES = 20
const SIMPLE_MIN_BYTES = 16
const PACKET_MIN_BYTES = 32

/** Packet blocks may carry options besides the frame; other blocks are passed over up to libpcap's bound. */
const MAX_READ_BLOCK_BYTES = MAX_CAPTURED_BYTES + 2048
const MAX_BLOCK_BYTES = 16 * 1024 * 1024
/** A file of nothing but interface descriptions must not fill the memory. */
const MAX_INTERFACES = 4096

interface CaptureInterface {
  readonly linkType: number
  /** 0 when unlimited. */
  readonly snapLength: number
  readonly unit: TimestampUnit
}

/** Says whether a stream that begins with this little-endian word is pcapng. */
export function isPcapngMagic(word: number): boolean {
  return word === SECTION_HEADER
}

/**
 * Reads pcapng blocks and hands each packet on as the same, reused Frame.
 *
 * Units: timestamps are cut to whole µs. A simple packet block has no time: it gets the time of the
 * packet before it.
 * Errors: never throws; lengths that contradict each other are a fault.
 * Source: draft-ietf-opsawg-pcapng §3, §4; options other than the timestamps' are left out.
 */
export class PcapngReader implements RecordReader {
  frames = 0
  neededBytes = BLOCK_CONTENT
  skippedBytes = 0
  fault: RecordReader['fault'] = null
  readonly #onFrame: FrameListener
  readonly #frame: Frame = createFrame()
  #interfaces: CaptureInterface[] = []
  #isLittleEndian = true
  #isFirstSection = true
  /** Bytes still to pass over of a block nobody reads. */
  #toSkip = 0

  constructor(onFrame: FrameListener) {
    this.#onFrame = onFrame
  }

  readWhole(bytes: Uint8Array, view: DataView, from: number, end: number): number {
    this.#frame.buffer = bytes
    let at = from + this.#skip(end - from)
    this.neededBytes = BLOCK_CONTENT
    while (end - at >= BLOCK_CONTENT) {
      const type = view.getUint32(at, this.#isLittleEndian)
      if (type === SECTION_HEADER && !this.#readByteOrder(view, at, end)) return at
      const length = view.getUint32(at + BLOCK_LENGTH, this.#isLittleEndian)
      if (!this.#isPlausible(type, length)) return at
      if (!isRead(type)) {
        this.#toSkip = length
        at += this.#skip(end - at)
        continue
      }
      if (length > end - at) {
        this.neededBytes = length
        return at
      }
      if (!this.#readBlock(type, view, at, length)) return at
      at += length
    }
    return at
  }

  #skip(available: number): number {
    const skipped = Math.min(this.#toSkip, available)
    this.#toSkip -= skipped
    this.skippedBytes = this.#toSkip === 0 ? 0 : this.skippedBytes + skipped
    return skipped
  }

  #readByteOrder(view: DataView, at: number, end: number): boolean {
    if (end - at < BYTE_ORDER_END) {
      this.neededBytes = BYTE_ORDER_END
      return false
    }
    const isLittleEndian = view.getUint32(at + BLOCK_CONTENT, true) === BYTE_ORDER_MAGIC
    const isBigEndian = view.getUint32(at + BLOCK_CONTENT, false) === BYTE_ORDER_MAGIC
    if (!isLittleEndian && !isBigEndian) return this.#fail('a section has no byte-order mark')
    this.#isLittleEndian = isLittleEndian
    return true
  }

  #isPlausible(type: number, length: number): boolean {
    const most = isRead(type) ? MAX_READ_BLOCK_BYTES : MAX_BLOCK_BYTES
    if (length >= minimumBytes(type) && length <= most && length % 4 === 0) return true
    return this.#fail(`a block of type ${type} claims ${length} bytes`)
  }

  #readBlock(type: number, view: DataView, at: number, length: number): boolean {
    const closing = view.getUint32(at + length - 4, this.#isLittleEndian)
    if (closing !== length) {
      return this.#fail(`a block of ${length} bytes ends with a length of ${closing}`)
    }
    if (type === ENHANCED_PACKET || type === OBSOLETE_PACKET) {
      return this.#readPacket(type, view, at, length)
    }
    if (type === SIMPLE_PACKET) return this.#readSimplePacket(view, at, length)
    if (type === INTERFACE_DESCRIPTION) return this.#readInterface(view, at, length)
    return this.#readSection(view, at)
  }

  #readSection(view: DataView, at: number): boolean {
    const version = view.getUint16(at + SECTION_VERSION, this.#isLittleEndian)
    if (version !== 1) return this.#fail(`pcapng version ${version} is not known, only 1`)
    this.#interfaces = []
    this.#isFirstSection = false
    return true
  }

  #readInterface(view: DataView, at: number, length: number): boolean {
    if (this.#interfaces.length >= MAX_INTERFACES) {
      return this.#fail(`a section describes more than ${MAX_INTERFACES} interfaces`)
    }
    this.#interfaces.push({
      linkType: linkTypeOf(view.getUint16(at + INTERFACE_LINK_TYPE, this.#isLittleEndian)),
      snapLength: view.getUint32(at + INTERFACE_SNAP_LENGTH, this.#isLittleEndian),
      unit: readTimestampUnit(view, at + INTERFACE_OPTIONS, at + length - 4, this.#isLittleEndian),
    })
    return true
  }

  #readPacket(type: number, view: DataView, at: number, length: number): boolean {
    const isLittleEndian = this.#isLittleEndian
    const index =
      type === ENHANCED_PACKET
        ? view.getUint32(at + PACKET_INTERFACE, isLittleEndian)
        : view.getUint16(at + PACKET_INTERFACE, isLittleEndian)
    const described = this.#interfaces[index]
    if (!described) return this.#fail(`a packet names interface ${index}, which is not described`)
    const capturedLength = view.getUint32(at + PACKET_CAPTURED_LENGTH, isLittleEndian)
    if (capturedLength > length - PACKET_MIN_BYTES || capturedLength > MAX_CAPTURED_BYTES) {
      return this.#fail(`a packet claims ${capturedLength} bytes in a block of ${length}`)
    }
    this.#frame.timestampUs = microsecondsOf(
      view.getUint32(at + PACKET_TIME_HIGH, isLittleEndian),
      view.getUint32(at + PACKET_TIME_LOW, isLittleEndian),
      described.unit,
    )
    const wireLength = view.getUint32(at + PACKET_WIRE_LENGTH, isLittleEndian)
    this.#handOn(described.linkType, at + PACKET_BYTES, capturedLength, wireLength)
    return true
  }

  #readSimplePacket(view: DataView, at: number, length: number): boolean {
    const described = this.#interfaces[0]
    if (!described) return this.#fail('a simple packet comes before any interface is described')
    const wireLength = view.getUint32(at + SIMPLE_WIRE_LENGTH, this.#isLittleEndian)
    const kept = Math.min(wireLength, described.snapLength || wireLength)
    if (kept > length - SIMPLE_MIN_BYTES || kept > MAX_CAPTURED_BYTES) {
      return this.#fail(`a packet claims ${kept} bytes in a block of ${length}`)
    }
    this.#handOn(described.linkType, at + SIMPLE_BYTES, kept, wireLength)
    return true
  }

  #handOn(linkType: number, offset: number, capturedLength: number, wireLength: number): void {
    const frame = this.#frame
    frame.linkType = linkType
    frame.offset = offset
    frame.capturedLength = capturedLength
    frame.wireLength = Math.max(wireLength, capturedLength)
    this.frames += 1
    this.#onFrame(frame)
  }

  #fail(reason: string): false {
    this.fault = { kind: this.#isFirstSection ? 'format' : 'damaged', reason }
    return false
  }
}

function isRead(type: number): boolean {
  return (
    type === ENHANCED_PACKET ||
    type === SIMPLE_PACKET ||
    type === OBSOLETE_PACKET ||
    type === INTERFACE_DESCRIPTION ||
    type === SECTION_HEADER
  )
}

function minimumBytes(type: number): number {
  if (type === ENHANCED_PACKET || type === OBSOLETE_PACKET) return PACKET_MIN_BYTES
  if (type === SIMPLE_PACKET) return SIMPLE_MIN_BYTES
  if (type === INTERFACE_DESCRIPTION) return INTERFACE_MIN_BYTES
  return type === SECTION_HEADER ? SECTION_MIN_BYTES : BLOCK_OVERHEAD_BYTES
}

/** Options that overrun the block are given up quietly: libpcap reads on as well. */
function readTimestampUnit(
  view: DataView,
  from: number,
  end: number,
  isLittleEndian: boolean,
): TimestampUnit {
  let resolution = 6
  let offsetSeconds = 0
  let at = from
  while (end - at >= 4) {
    const code = view.getUint16(at, isLittleEndian)
    const length = view.getUint16(at + 2, isLittleEndian)
    const value = at + 4
    if (code === OPTION_END || value + length > end) break
    if (code === OPTION_TIMESTAMP_RESOLUTION && length === 1) resolution = view.getUint8(value)
    if (code === OPTION_TIMESTAMP_OFFSET && length === 8) {
      offsetSeconds = Number(view.getBigInt64(value, isLittleEndian))
    }
    at = value + Math.ceil(length / 4) * 4
  }
  return timestampUnit(resolution, offsetSeconds)
}
