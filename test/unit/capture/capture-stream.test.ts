import { describe, expect, it } from 'vitest'
import { CaptureStream } from '../../../src/capture/capture-stream.ts'
import { keepFrame, readCapture } from '../../support/packets/captured-frames.ts'
import { pcapBytes, pcapngBytes, type CapturedPacket } from '../../support/packets/pcap-writer.ts'
import { seededBytes } from '../../support/packets/seeded-bytes.ts'

const FUZZ_ROUNDS = 1500

const packets: readonly CapturedPacket[] = Array.from({ length: 12 }, (_, index) => ({
  timestampUs: 1_700_000_000_000_000 + index * 1000,
  bytes: Buffer.alloc(20 + index * 7, index),
}))

describe('a stream that is no capture', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.from([0xd4])],
    ['text', Buffer.from('hello, this is a text file\n')],
    ['zeros', Buffer.alloc(4096)],
    ['the magic of gzip', Buffer.from('1f8b0800', 'hex')],
  ])('is told apart when it holds %s', (_name, bytes) => {
    for (const chunkBytes of [Math.max(1, bytes.length), 1]) {
      const { frames, fault } = readCapture(bytes, chunkBytes)
      expect(frames).toEqual([])
      expect(fault).toMatchObject({ kind: 'format', byteOffset: 0 })
    }
  })
})

describe('hostile captures', () => {
  const seeds = [
    pcapBytes(packets),
    pcapBytes(packets, 1, { bigEndian: true, nanoseconds: true }),
    pcapngBytes(packets),
    pcapngBytes(packets, { bigEndian: true, interfaces: [{ timestampResolution: 9 }] }),
  ]

  it('of random bytes after a true beginning never throw, and read alike in any chunks', () => {
    for (let round = 0; round < FUZZ_ROUNDS; round += 1) {
      const random = seededBytes(round, 200)
      const seed = seeds[round % seeds.length] ?? Buffer.alloc(0)
      const kept = (random[0] ?? 0) % seed.length
      const capture = Buffer.concat([seed.subarray(0, Math.max(4, kept)), random])
      expect(readCapture(capture, 3)).toEqual(readCapture(capture))
    }
  })

  it('with some bytes changed never throw, and read alike in any chunks', () => {
    for (let round = 0; round < FUZZ_ROUNDS; round += 1) {
      const capture = Buffer.from(seeds[round % seeds.length] ?? Buffer.alloc(0))
      const random = seededBytes(round, 9)
      for (let change = 0; change < 3; change += 1) {
        const at = random.readUInt16LE(change * 3) % capture.length
        capture[at] = random[change * 3 + 2] ?? 0
      }
      expect(readCapture(capture, 11)).toEqual(readCapture(capture))
    }
  })

  it('cut at any byte are read no further than to the cut, whatever lies behind it', () => {
    for (const seed of seeds) {
      for (let length = 0; length <= seed.length; length += 1) {
        const [one, other] = [0x00, 0xff].map((poison) => readBefore(seed, length, poison))
        expect(one).toEqual(other)
      }
    }
  })

  it('never make a frame reach outside of its buffer', () => {
    for (let round = 0; round < FUZZ_ROUNDS; round += 1) {
      const seed = seeds[round % seeds.length] ?? Buffer.alloc(0)
      const capture = Uint8Array.from(
        Buffer.concat([seed.subarray(0, 40), seededBytes(round, 400)]),
      )
      new CaptureStream((frame) => {
        expect(frame.offset + frame.capturedLength).toBeLessThanOrEqual(frame.buffer.length)
        expect(frame.wireLength).toBeGreaterThanOrEqual(frame.capturedLength)
      }).push(capture)
    }
  })
})

/** Reads the first `length` bytes of a chunk whose rest is poison. */
function readBefore(capture: Uint8Array, length: number, poison: number): unknown[] {
  const told: unknown[] = []
  const stream = new CaptureStream((frame) => told.push(keepFrame(frame)))
  const chunk = new Uint8Array(capture.length + 64).fill(poison)
  chunk.set(capture.subarray(0, length))
  told.push(stream.push(chunk, length), stream.end())
  return told
}

describe('a stream that failed', () => {
  it('ignores what comes after the fault', () => {
    const capture = pcapBytes(packets)
    capture.writeUInt32LE(0xffffffff, 24 + 8)
    let frames = 0
    const stream = new CaptureStream(() => (frames += 1))
    const fault = stream.push(capture)
    expect(fault).toMatchObject({ kind: 'damaged', byteOffset: 24 })
    expect(stream.push(pcapBytes(packets))).toEqual(fault)
    expect(stream.end()).toEqual(fault)
    expect(frames).toBe(0)
  })
})
