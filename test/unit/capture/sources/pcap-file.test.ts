import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { constants, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPcapFile, openPcapStream, type CaptureFault } from '../../../../src/capture/index.ts'
import type { CaptureEnd } from '../../../../src/capture/source.ts'
import { PicketError } from '../../../../src/core/errors.ts'
import { keepFrame, readCapture, type KeptFrame } from '../../../support/packets/captured-frames.ts'
import { pcapBytes, pcapngBytes } from '../../../support/packets/pcap-writer.ts'
import { seededBytes } from '../../../support/packets/seeded-bytes.ts'

/** Enough to fill several reads of the file. */
const packets = Array.from({ length: 3000 }, (_, index) => ({
  timestampUs: 1_700_000_000_000_000 + index * 10,
  bytes: seededBytes(index, 60 + (index % 1400)),
}))
const capture = pcapBytes(packets)

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'picket-capture-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

describe('a capture file', () => {
  it.each([
    ['pcap', capture],
    ['pcapng', pcapngBytes(packets)],
    ['pcap.gz', gzipSync(capture)],
    [
      'two gzip members',
      Buffer.concat([gzipSync(capture.subarray(0, 99)), gzipSync(capture.subarray(99))]),
    ],
  ])('is read to its end as %s', async (_name, bytes) => {
    const { source, frames, end } = await read(bytes)
    expect(end).toEqual({ kind: 'complete' })
    expect(frames.map((frame) => frame.hex)).toEqual(
      packets.map((packet) => packet.bytes.toString('hex')),
    )
    expect(frames.map((frame) => frame.timestampUs)).toEqual(
      packets.map((packet) => packet.timestampUs),
    )
    expect(source.statistics()).toEqual({
      frames: packets.length,
      bytes: bytes.length,
      kernelDrops: null,
    })
    expect(source.sizeBytes).toBe(bytes.length)
  })

  it('that is cut gives all that was whole and says where it is cut', async () => {
    const { frames, end } = await read(capture.subarray(0, capture.length - 1))
    const last = packets.at(-1)?.bytes.length ?? 0
    expect(frames).toHaveLength(packets.length - 1)
    expect(end).toMatchObject({ kind: 'damaged', byteOffset: capture.length - last - 16 })
  })

  it('that is corrupt in the middle ends there and reads no further', async () => {
    const damaged = Buffer.from(capture)
    damaged.writeUInt32LE(0xfffffff0, 24 + 8)
    const { source, frames, end } = await read(damaged)
    expect(frames).toHaveLength(0)
    expect(end).toMatchObject({ kind: 'damaged', byteOffset: 24 })
    expect(source.statistics().bytes).toBeLessThan(capture.length)
  })

  it.each([1, 100, 4096, 1 << 20])(
    'whose gzip is cut gives all that could be unpacked, in pieces of %d bytes',
    async (pieceBytes) => {
      const packed = gzipSync(pieceBytes === 1 ? capture.subarray(0, 9000) : capture)
      for (const kept of [packed.length / 2, packed.length - 4]) {
        const half = packed.subarray(0, kept)
        const unpacked = gunzipSync(half, { finishFlush: constants.Z_SYNC_FLUSH })
        const { frames, end } = await readStream(half, pieceBytes)
        expect(end).toEqual({
          kind: 'damaged',
          byteOffset: unpacked.length,
          isUnpacked: true,
          reason: `its gzip is cut short after packed byte ${half.length}`,
        })
        expect(frames).toEqual(readCapture(unpacked).frames)
      }
    },
  )

  it.each([
    ['large', capture, 0.45],
    ['small', capture.subarray(0, 9000), 0.3],
  ])('whose gzip is corrupt gives what could be unpacked, %s', async (_name, bytes, share) => {
    const packed = gzipSync(bytes)
    packed.fill(0xff, packed.length >> 1)
    const { frames, end } = await read(packed)
    expect(end).toMatchObject({ kind: 'damaged', isUnpacked: true })
    expect(frames.length).toBeGreaterThan(readCapture(bytes).frames.length * share)
  })

  it('whose second gzip member is damaged in its first bytes is not taken for whole', async () => {
    const [one, two] = [gzipSync(capture.subarray(0, 40_000)), gzipSync(capture.subarray(40_000))]
    two[0] = 0
    const { end } = await read(Buffer.concat([one, two]))
    const reason = expect.stringContaining('behind its gzip') as string
    expect(end).toEqual({ kind: 'damaged', byteOffset: 40_000, isUnpacked: true, reason })
  })

  it('may be padded with zeros behind its gzip', async () => {
    const { frames, end } = await read(Buffer.concat([gzipSync(capture), Buffer.alloc(20_000)]))
    expect(end).toEqual({ kind: 'complete' })
    expect(frames).toHaveLength(packets.length)
  })

  it('can be stopped, and then says so', async () => {
    const path = join(directory, 'stopped.pcap')
    writeFileSync(path, capture)
    const source = openPcapFile(path)
    const end = await source.run(() => source.stop())
    expect(end).toEqual({ kind: 'stopped' })
    expect(source.statistics().bytes).toBeLessThan(capture.length)
  })

  it('lets the event loop turn while it is read', async () => {
    const path = join(directory, 'turns.pcap')
    writeFileSync(path, capture)
    let turns = 0
    // Counted by turns and not by time: on a fast machine all of it takes less than a timer's millisecond.
    let next = setImmediate(function turn() {
      turns += 1
      next = setImmediate(turn)
    })
    let turnsAtLastFrame = 0
    await openPcapFile(path).run(() => (turnsAtLastFrame = turns))
    clearImmediate(next)
    expect(turnsAtLastFrame).toBeGreaterThan(0)
  })

  it.each([
    ['plain', capture],
    ["gzip'd", gzipSync(Buffer.concat([capture, Buffer.alloc(1000)]))],
  ])('lets slower stages make it wait, %s', async (name, bytes) => {
    const path = join(directory, `${name}.pcap`)
    writeFileSync(path, bytes)
    let frames = 0
    let mostBetween = 0
    let framesBefore = 0
    const pace = (): Promise<void> => {
      mostBetween = Math.max(mostBetween, frames - framesBefore)
      framesBefore = frames
      return Promise.resolve()
    }
    await openPcapFile(path, { pace }).run(() => (frames += 1))
    expect(frames).toBeGreaterThanOrEqual(packets.length)
    expect(mostBetween).toBeLessThan(packets.length * 0.6)
  })

  it('passes on what its listener throws', async () => {
    const mistake = new Error('a mistake of the listener')
    const throwing = (): never => {
      throw mistake
    }
    for (const bytes of [capture, gzipSync(capture)]) {
      const path = join(directory, 'throws.pcap')
      writeFileSync(path, bytes)
      await expect(openPcapFile(path).run(throwing)).rejects.toBe(mistake)
    }
  })
})

describe('a capture from a stream', () => {
  it.each([
    ['plain', capture.subarray(0, 3000), 1],
    ['in pieces', capture, 1000],
    ["gzip'd", gzipSync(capture), 333],
  ])('is read to its end, %s', async (_name, bytes, pieceBytes) => {
    const pieces: Buffer[] = []
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      pieces.push(bytes.subarray(at, at + pieceBytes))
    }
    const source = openPcapStream(Readable.from(pieces), 'stdin')
    const frames: KeptFrame[] = []
    await source.run((frame) => frames.push(keepFrame(frame)))
    const plain = bytes.length === 3000 ? bytes : capture
    expect(frames).toEqual(readCapture(plain).frames)
    expect(source).toMatchObject({ name: 'stdin', sizeBytes: 0 })
    expect(source.statistics().bytes).toBe(bytes.length)
  })

  it('can be stopped while nothing comes', async () => {
    const stream = new PassThrough()
    const source = openPcapStream(stream, 'stdin')
    stream.write(capture.subarray(0, 24))
    const running = source.run(() => undefined)
    source.stop()
    expect(await running).toEqual({ kind: 'stopped' })
  })

  it('that holds no capture is refused by its name', async () => {
    const running = openPcapStream(Readable.from([Buffer.from('some text')]), 'stdin').run(() => {
      throw new Error('no frame was expected')
    })
    await expect(running).rejects.toThrow('stdin is no capture')
  })
})

describe('a growing file', () => {
  it('is read on as it grows, wherever it was cut, until it is stopped', async () => {
    const path = join(directory, 'growing.pcap')
    writeFileSync(path, capture.subarray(0, 1))
    const source = openPcapFile(path, { isFollowed: true })
    const hex: string[] = []
    const running = source.run((frame) => {
      hex.push(keepFrame(frame).hex)
      if (hex.length === 10) appendFileSync(path, capture.subarray(50_000))
      if (hex.length === packets.length) source.stop()
    })
    appendFileSync(path, capture.subarray(1, 50_000))
    expect(await running).toEqual({ kind: 'stopped' })
    expect(hex).toEqual(packets.map((packet) => packet.bytes.toString('hex')))
  })

  /** Reads `path` until `count` frames came; `meanwhile` is called with each one's number. */
  async function followed(path: string, count: number, meanwhile: (frames: number) => void) {
    const faults: (string | null)[] = []
    const onNextFile = (fault: CaptureFault | null) => faults.push(fault?.reason ?? null)
    const source = openPcapFile(path, { isFollowed: true, onNextFile })
    let frames = 0
    const end = await source.run(() => {
      frames += 1
      meanwhile(frames)
      if (frames === count) source.stop()
    })
    return { end, faults, frames: source.statistics().frames }
  }

  it('that is renamed and begun anew is read to its end, and then the next', async () => {
    const path = join(directory, 'rotated.pcap')
    const most = packets.length
    writeFileSync(path, capture)
    const read = await followed(path, 3 * most, (frames) => {
      if (frames % most !== 0 || frames === 3 * most) return
      renameSync(path, `${path}.${frames}`)
      writeFileSync(path, frames === most ? '' : capture)
      if (frames === most) appendFileSync(path, capture)
    })
    expect(read).toEqual({ end: { kind: 'stopped' }, faults: [null, null], frames: 3 * most })
  })

  it('that is cut and begun anew is read from its new beginning', async () => {
    const path = join(directory, 'truncated.pcap')
    const most = packets.length
    writeFileSync(path, capture)
    const read = await followed(path, most + 1, (frames) => {
      if (frames !== most) return
      truncateSync(path, 0)
      appendFileSync(path, capture.subarray(0, 5000))
    })
    expect(read).toMatchObject({ end: { kind: 'stopped' }, faults: [null] })
    expect(read.frames).toBeGreaterThan(most)
  })

  it('that was cut within a packet says so, and the next is read all the same', async () => {
    const path = join(directory, 'cut.pcap')
    writeFileSync(path, capture.subarray(0, 5001))
    let next = 0
    const read = await followed(path, 100, (frames) => {
      if (next++ > 0) return
      renameSync(path, `${path}.${frames}`)
      writeFileSync(path, capture)
    })
    expect(read.end).toEqual({ kind: 'stopped' })
    expect(read.frames).toBeGreaterThanOrEqual(100)
    expect(read.faults).toEqual([expect.stringMatching(/cut|ends|short/)])
  })

  it('that is damaged in its midst is not read again from its beginning', async () => {
    const path = join(directory, 'damaged.pcap')
    const damaged = Buffer.from(capture)
    // The head of the hundredth packet.
    const before = packets.slice(0, 99).reduce((sum, { bytes }) => sum + 16 + bytes.length, 24)
    damaged.fill(0xff, before, before + 16)
    writeFileSync(path, damaged)
    const source = openPcapFile(path, { isFollowed: true })
    expect(await source.run(() => undefined)).toMatchObject({ kind: 'damaged' })
  })

  it('that is a pipe is refused, with the way to read one', async () => {
    const path = join(directory, 'pipe.pcap')
    execFileSync('mkfifo', [path])
    const running = openPcapFile(path, { isFollowed: true }).run(() => undefined)
    await expect(running).rejects.toMatchObject({
      message: `cannot follow ${path}: it is a pipe, not a file`,
      hint: `a pipe is read as it comes: picket replay --follow - < ${path}`,
    })
  })

  it('that is not there yet is waited for, or not any longer', async () => {
    const path = join(directory, 'later.pcap')
    const running = followed(path, packets.length, () => undefined)
    writeFileSync(path, capture)
    expect(await running).toMatchObject({ end: { kind: 'stopped' }, frames: packets.length })
    const never = openPcapFile(join(directory, 'never.pcap'), { isFollowed: true })
    const waiting = never.run(() => undefined)
    never.stop()
    expect(await waiting).toEqual({ kind: 'stopped' })
  })
})

describe('a file that is no capture', () => {
  it.each([
    ['empty', Buffer.alloc(0), 'it is empty'],
    ['two bytes', Buffer.from('ok'), 'it is too short'],
    ['random bytes', seededBytes(1, 5000), 'it begins like no capture format'],
    ['gzip of text', gzipSync('some text'), 'it begins like no capture format'],
    ['gzip of nothing', gzipSync(''), 'it is empty'],
    ['no gzip behind its magic', Buffer.from('1f8b0800ffffffffffffffff', 'hex'), 'gzip'],
  ])('(%s) is refused by name', async (name, bytes, reason) => {
    const path = join(directory, `${name}.pcap`)
    writeFileSync(path, bytes)
    const error = await failureOf(path)
    expect(error.code).toBe('ERR_CAPTURE_FORMAT')
    expect(error.message).toContain(path)
    expect(error.message).toContain(reason)
    expect(error.hint).toContain('pcap or pcapng')
  })
})

describe('a file that cannot be opened', () => {
  it('because it is missing says so', async () => {
    const error = await failureOf(join(directory, 'missing.pcap'))
    expect(error).toMatchObject({
      code: 'ERR_CAPTURE_OPEN',
      hint: expect.stringContaining('no such') as string,
    })
  })

  it('because it is a directory says so', async () => {
    const path = join(directory, 'folder')
    mkdirSync(path)
    const error = await failureOf(path)
    expect(error).toMatchObject({
      code: 'ERR_CAPTURE_OPEN',
      hint: expect.stringContaining('directory') as string,
    })
  })
})

async function read(bytes: Uint8Array): Promise<{
  source: ReturnType<typeof openPcapFile>
  frames: KeptFrame[]
  end: CaptureEnd
}> {
  const path = join(directory, 'read.pcap')
  writeFileSync(path, bytes)
  const source = openPcapFile(path)
  const frames: KeptFrame[] = []
  const end = await source.run((frame) => frames.push(keepFrame(frame)))
  return { source, frames, end }
}

async function readStream(
  bytes: Uint8Array,
  pieceBytes: number,
): Promise<{ frames: KeptFrame[]; end: CaptureEnd }> {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    pieces.push(bytes.subarray(at, at + pieceBytes))
  }
  const frames: KeptFrame[] = []
  const source = openPcapStream(Readable.from(pieces), 'stdin')
  return { end: await source.run((frame) => frames.push(keepFrame(frame))), frames }
}

async function failureOf(path: string): Promise<PicketError> {
  try {
    await openPcapFile(path).run(() => undefined)
  } catch (error) {
    if (error instanceof PicketError) return error
    throw error
  }
  throw new Error(`${path} was read`)
}
