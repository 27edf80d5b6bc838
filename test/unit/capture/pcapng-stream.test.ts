import { describe, expect, it } from 'vitest'
import { LinkType } from '../../../src/capture/source.ts'
import { readCapture } from '../../support/packets/captured-frames.ts'
import {
  pcapngBlock,
  pcapngBytes,
  type CapturedPacket,
  type PcapngOptions,
} from '../../support/packets/pcap-writer.ts'

const packets: readonly CapturedPacket[] = [
  { timestampUs: 1_700_000_000_000_001, bytes: Buffer.from('a0a1a2a3a4a5', 'hex') },
  { timestampUs: 1_700_000_000_999_999, bytes: Buffer.from('b0b1b2', 'hex') },
  { timestampUs: 1_700_000_001_000_000, bytes: Buffer.alloc(0) },
  { timestampUs: 1_700_000_002_123_456, bytes: Buffer.alloc(70, 0xc0) },
]

const expectedFrames = packets.map(({ timestampUs, bytes }) => ({
  timestampUs,
  linkType: LinkType.ETHERNET,
  wireLength: bytes.length,
  hex: Buffer.from(bytes).toString('hex'),
}))

const variants: readonly PcapngOptions[] = [
  { bigEndian: false },
  { bigEndian: true },
  { bigEndian: false, packetBlock: 'obsolete' },
  { bigEndian: true, packetBlock: 'obsolete' },
]

describe.each(variants)('pcapng with %o', (options) => {
  const capture = pcapngBytes(packets, options)

  it('gives the same frames whatever the size of the chunks', () => {
    for (let chunkBytes = 1; chunkBytes <= capture.length; chunkBytes += 1) {
      expect(readCapture(capture, chunkBytes)).toEqual({ frames: expectedFrames, fault: null })
    }
  })

  it('says where the block begins that a cut at any byte leaves incomplete', () => {
    const starts = blockStarts(capture, options.bigEndian)
    for (let length = 4; length < capture.length; length += 1) {
      const { frames, fault } = readCapture(capture.subarray(0, length), 7)
      const cutBlockAt = starts.findLast((start) => start <= length) ?? 0
      const wholePackets = starts.filter((start) => start <= length).length - 1 - 2
      expect(frames).toEqual(expectedFrames.slice(0, Math.max(0, wholePackets)))
      if (cutBlockAt === length) expect(fault).toBeNull()
      else expect(fault).toMatchObject({ kind: 'damaged', byteOffset: cutBlockAt })
    }
  })
})

describe('pcapng timestamps', () => {
  const timestampUs = 1_700_000_000_123_456

  it.each([
    ['milliseconds', 3, 1_700_000_000_123_000],
    ['microseconds', 6, timestampUs],
    ['nanoseconds', 9, timestampUs],
    ['2^-20 s', 0x80 | 20, 1_700_000_000_123_456],
    ['2^-10 s', 0x80 | 10, 1_700_000_000_123_046],
  ])('are read in %s', (_name, timestampResolution, expected) => {
    const capture = pcapngBytes([{ timestampUs, bytes: Buffer.alloc(1) }], {
      interfaces: [{ timestampResolution }],
    })
    expect(readCapture(capture).frames[0]?.timestampUs).toBe(expected)
  })

  it.each([
    ['nanoseconds', 9, -3600],
    ['nanoseconds', 9, 3600],
    ['microseconds', 6, 1_600_000_000],
    ['picoseconds', 12, 1_699_999_000],
  ])('in %s (10^-%d) are moved by %d s', (_name, timestampResolution, timestampOffsetSeconds) => {
    const capture = pcapngBytes([{ timestampUs, bytes: Buffer.alloc(1) }], {
      interfaces: [{ timestampResolution, timestampOffsetSeconds }],
    })
    expect(readCapture(capture).frames[0]?.timestampUs).toBe(timestampUs)
  })

  it('stay within what a date can hold, whatever the file says', () => {
    for (const timestampResolution of [0, 6, 9, 0x80, 0x7f, 0xff]) {
      for (const offsetSeconds of [2 ** 53, -(2 ** 53)]) {
        const capture = pcapngBytes([{ timestampUs: 0, bytes: Buffer.alloc(1) }], {
          interfaces: [{ timestampResolution, timestampOffsetSeconds: 0 }],
        })
        capture.fill(0xff, capture.length - 24, capture.length - 16)
        const offsetAt = capture.indexOf(Buffer.from('0e000800', 'hex')) + 4
        capture.writeBigInt64LE(BigInt(offsetSeconds), offsetAt)
        const readUs = readCapture(capture).frames[0]?.timestampUs ?? Number.NaN
        expect(Number.isNaN(new Date(readUs / 1000).getTime())).toBe(false)
      }
    }
  })
})

describe('pcapng', () => {
  it('keeps the link types and clocks of several interfaces apart', () => {
    const capture = pcapngBytes(
      [
        { timestampUs: 5_000_000, bytes: Buffer.alloc(1), interfaceIndex: 1 },
        { timestampUs: 6_000_000, bytes: Buffer.alloc(1), interfaceIndex: 0 },
      ],
      { interfaces: [{ timestampResolution: 9 }, { linkType: LinkType.LINUX_SLL }] },
    )
    expect(readCapture(capture).frames).toMatchObject([
      { timestampUs: 5_000_000, linkType: LinkType.LINUX_SLL },
      { timestampUs: 6_000_000, linkType: LinkType.ETHERNET },
    ])
  })

  it('reads sections of either byte order one after the other, each with its own interfaces', () => {
    const first = pcapngBytes(packets, { interfaces: [{ linkType: LinkType.RAW }] })
    const second = pcapngBytes(packets, { bigEndian: true })
    const { frames, fault } = readCapture(Buffer.concat([first, second]), 5)
    expect(fault).toBeNull()
    expect(frames.map((frame) => frame.linkType)).toEqual([101, 101, 101, 101, 1, 1, 1, 1])
  })

  it('gives a simple packet the time of the packet before it', () => {
    const enhanced = pcapngBytes(packets.slice(0, 1))
    const whole = pcapngBytes([{ timestampUs: 0, bytes: Buffer.alloc(9) }], {
      packetBlock: 'simple',
    })
    const simpleBlock = whole.subarray(blockStarts(whole)[2])
    expect(readCapture(Buffer.concat([enhanced, simpleBlock])).frames[1]).toMatchObject({
      timestampUs: packets[0]?.timestampUs,
      wireLength: 9,
    })
  })

  it('cuts a simple packet at the snap length of its interface', () => {
    const capture = pcapngBytes(
      [{ timestampUs: 0, bytes: Buffer.alloc(96, 1), wireLength: 1500 }],
      {
        packetBlock: 'simple',
        interfaces: [{ snapLength: 96 }],
      },
    )
    expect(readCapture(capture).frames).toMatchObject([{ wireLength: 1500, hex: '01'.repeat(96) }])
  })

  it.each([16, 100_000, 1_000_000])('passes over a foreign block of %d bytes', (bytes) => {
    const foreign = pcapngBlock(0x0bad, Buffer.alloc(bytes, 0xff))
    const capture = Buffer.concat([pcapngBytes(packets), foreign, pcapngBytes(packets)])
    for (const chunkBytes of [capture.length, 65536, 999]) {
      const { frames, fault } = readCapture(capture, chunkBytes)
      expect(fault).toBeNull()
      expect(frames).toEqual([...expectedFrames, ...expectedFrames])
    }
  })

  it('says where a foreign block begins that is cut short', () => {
    const section = pcapngBytes(packets)
    const foreign = pcapngBlock(0x0bad, Buffer.alloc(1_000_000)).subarray(0, 900_000)
    const { fault } = readCapture(Buffer.concat([section, foreign]), 65536)
    expect(fault).toMatchObject({ kind: 'damaged', byteOffset: section.length })
  })

  it.each([
    ['of too many bytes', (block: Buffer) => block.writeUInt32LE(0x20000000, 4)],
    ['of no whole words', (block: Buffer) => block.writeUInt32LE(39, 4)],
    ['shorter than its own header', (block: Buffer) => block.writeUInt32LE(8, 4)],
    ['whose two lengths differ', (block: Buffer) => block.writeUInt32LE(44, block.length - 4)],
    ['of an unknown interface', (block: Buffer) => block.writeUInt32LE(7, 8)],
    ['with more bytes than it has room for', (block: Buffer) => block.writeUInt32LE(100, 20)],
  ])('stops at a packet block %s, and says where it is', (_name, damage) => {
    const capture = pcapngBytes(packets)
    const starts = blockStarts(capture)
    damage(capture.subarray(starts[3], starts[4]))
    for (const chunkBytes of [capture.length, 13, 1]) {
      const { frames, fault } = readCapture(capture, chunkBytes)
      expect(frames).toEqual(expectedFrames.slice(0, 1))
      expect(fault).toMatchObject({ kind: 'damaged', byteOffset: starts[3] })
    }
  })

  it('stops at a file that describes interfaces without end', () => {
    const description = pcapngBytes([]).subarray(28)
    const capture = Buffer.concat([pcapngBytes([]), ...Array<Buffer>(5000).fill(description)])
    expect(readCapture(capture).fault).toMatchObject({ kind: 'damaged' })
  })
})

/** Where each block begins, and the end of the capture last. */
function blockStarts(capture: Buffer, bigEndian = false): number[] {
  const starts = [0]
  for (let at = 0; at < capture.length; starts.push(at)) {
    at += bigEndian ? capture.readUInt32BE(at + 4) : capture.readUInt32LE(at + 4)
  }
  return starts
}
