import { describe, expect, it } from 'vitest'
import { LinkType } from '../../../src/capture/source.ts'
import { readCapture } from '../../support/packets/captured-frames.ts'
import { pcapBytes, type CapturedPacket } from '../../support/packets/pcap-writer.ts'

const FILE_HEADER_BYTES = 24
const RECORD_HEADER_BYTES = 16

const packets: readonly CapturedPacket[] = [
  { timestampUs: 1_700_000_000_000_001, bytes: Buffer.from('a0a1a2a3a4a5', 'hex') },
  { timestampUs: 1_700_000_000_999_999, bytes: Buffer.from('b0b1b2', 'hex'), wireLength: 1500 },
  { timestampUs: 1_700_000_001_000_000, bytes: Buffer.alloc(0) },
  { timestampUs: 1_700_000_002_123_456, bytes: Buffer.alloc(70, 0xc0) },
]

const expectedFrames = packets.map(({ timestampUs, bytes, wireLength }) => ({
  timestampUs,
  linkType: LinkType.ETHERNET,
  wireLength: wireLength ?? bytes.length,
  hex: Buffer.from(bytes).toString('hex'),
}))

const variants = [
  { bigEndian: false, nanoseconds: false },
  { bigEndian: true, nanoseconds: false },
  { bigEndian: false, nanoseconds: true },
  { bigEndian: true, nanoseconds: true },
]

describe.each(variants)('pcap with %o', (options) => {
  const capture = pcapBytes(packets, LinkType.ETHERNET, options)

  it('gives every frame with its time, lengths and bytes', () => {
    expect(readCapture(capture)).toEqual({ frames: expectedFrames, fault: null })
  })

  it('gives the same frames whatever the size of the chunks', () => {
    for (let chunkBytes = 1; chunkBytes <= capture.length; chunkBytes += 1) {
      expect(readCapture(capture, chunkBytes)).toEqual({ frames: expectedFrames, fault: null })
    }
  })

  it('says where the record begins that a cut at any byte leaves incomplete', () => {
    const starts = recordStarts()
    for (let length = 4; length < capture.length; length += 1) {
      const { frames, fault } = readCapture(capture.subarray(0, length), 7)
      const whole = starts.filter((start) => start <= length).length - 1
      expect(frames).toEqual(expectedFrames.slice(0, Math.max(0, whole)))
      const cutRecordAt = starts.findLast((start) => start <= length) ?? 0
      if (cutRecordAt === length) expect(fault).toBeNull()
      else expect(fault).toMatchObject({ kind: 'damaged', byteOffset: cutRecordAt })
    }
  })
})

describe('pcap', () => {
  it('cuts nanoseconds to whole microseconds', () => {
    const capture = pcapBytes(
      [{ timestampUs: 1_700_000_000_000_001.75, bytes: Buffer.alloc(1) }],
      1,
      {
        nanoseconds: true,
      },
    )
    expect(readCapture(capture).frames[0]?.timestampUs).toBe(1_700_000_000_000_001)
  })

  it('reads times up to the last second of an unsigned clock', () => {
    const timestampUs = 4_294_967_295_999_999
    const capture = pcapBytes([{ timestampUs, bytes: Buffer.alloc(1) }])
    expect(readCapture(capture).frames[0]?.timestampUs).toBe(timestampUs)
  })

  it('never gives a wire length shorter than what was captured', () => {
    const capture = pcapBytes([{ timestampUs: 0, bytes: Buffer.alloc(60), wireLength: 4 }])
    expect(readCapture(capture).frames[0]?.wireLength).toBe(60)
  })

  it.each([
    ['keeps a link type it has no name for', 147, 147],
    ['leaves the FCS length out of the link type', 0x54000001, LinkType.ETHERNET],
    ['takes the raw IP number of Linux for raw IP', 12, LinkType.RAW],
    ['takes the raw IP number of OpenBSD for raw IP', 14, LinkType.RAW],
  ])('%s', (_name, stored, expected) => {
    const capture = pcapBytes([{ timestampUs: 0, bytes: Buffer.alloc(1) }], stored)
    expect(readCapture(capture).frames[0]?.linkType).toBe(expected)
  })

  it('takes a frame of 256 KiB, straddling chunks or not', () => {
    const bytes = Buffer.alloc(262144, 0x5a)
    const capture = pcapBytes([{ timestampUs: 0, bytes }])
    for (const chunkBytes of [capture.length, 65536, 100_000]) {
      const { frames, fault } = readCapture(capture, chunkBytes)
      expect(fault).toBeNull()
      expect(frames.map((frame) => frame.wireLength)).toEqual([262144])
    }
  })

  it.each([262145, 0x7fffffff, 0xffffffff])(
    'stops at a record that claims %d bytes, and says where it is',
    (claimed) => {
      const capture = Buffer.concat([pcapBytes(packets), Buffer.alloc(500_000)])
      const damagedAt = recordStarts()[1] ?? 0
      capture.writeUInt32LE(claimed, damagedAt + 8)
      for (const chunkBytes of [capture.length, 1000, 1]) {
        const { frames, fault } = readCapture(capture, chunkBytes)
        expect(frames).toEqual(expectedFrames.slice(0, 1))
        expect(fault).toMatchObject({ kind: 'damaged', byteOffset: damagedAt })
        expect(fault?.reason).toContain(String(claimed))
      }
    },
  )

  it('refuses a version it does not know', () => {
    const capture = pcapBytes(packets)
    capture.writeUInt16LE(3, 4)
    expect(readCapture(capture).fault).toMatchObject({ kind: 'format', byteOffset: 0 })
  })
})

/** Where each record begins, and the end of the capture last. */
function recordStarts(): number[] {
  const starts = [FILE_HEADER_BYTES]
  for (const { bytes } of packets) {
    starts.push((starts.at(-1) ?? 0) + RECORD_HEADER_BYTES + bytes.length)
  }
  return starts
}
