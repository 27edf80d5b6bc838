/** Damaged capture files through the readers: nothing thrown, and the same frames however the bytes are cut. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { CaptureStream } from '../../../src/capture/capture-stream.ts'
import { openPcapStream } from '../../../src/capture/index.ts'
import type { Frame } from '../../../src/capture/source.ts'
import { PicketError } from '../../../src/core/errors.ts'
import { pcapBytes, pcapngBytes } from '../../support/packets/pcap-writer.ts'
import { Violation, type Layer, type Random } from '../layer.ts'
import { mutateBytes } from '../mutate.ts'
import type { SeedCapture } from '../seeds.ts'

const MOST_FRAMES = 40
const PACKED_ONE_IN = 8
const RESOLUTIONS = [0, 3, 6, 9, 12, 15, 19, 0x80, 0x80 | 10, 0x80 | 20, 0x80 | 63]

/** Makes the layer. */
export function filesLayer(seeds: readonly SeedCapture[]): Layer {
  return {
    name: 'files',
    async round(random) {
      const file = buildFile(seeds, random)
      const damaged = mutateBytes(file, buildFile(seeds, random), random)
      const whole = readInChunks(damaged, damaged.length, 0x00)
      const pieces = readInChunks(damaged, 1 + random(700), 0xff)
      if (whole.told !== pieces.told) {
        throw new Violation(`chunks matter: ${whole.told} or ${pieces.told}`)
      }
      if (random(PACKED_ONE_IN) === 0) await readPacked(file, random)
      return whole.frames
    },
  }
}

/** Writes frames of a capture in one of the formats. */
function buildFile(seeds: readonly SeedCapture[], random: Random): Buffer {
  const { frames } = seeds[random(seeds.length)]!
  const from = random(frames.length)
  const packets = frames.slice(from, from + 1 + random(MOST_FRAMES))
  const bigEndian = random(2) === 0
  const linkType = packets[0]!.linkType
  if (random(2) === 0) {
    return pcapBytes(packets, linkType, { bigEndian, nanoseconds: random(2) === 0 })
  }
  const interfaces = [{ linkType, timestampResolution: RESOLUTIONS[random(RESOLUTIONS.length)]! }]
  const packetBlock = (['enhanced', 'simple', 'obsolete'] as const)[random(3)]!
  return pcapngBytes(
    packets.map(({ bytes, wireLength }) => ({ timestampUs: 1e6, bytes, wireLength })),
    { bigEndian, interfaces, packetBlock },
  )
}

interface Reading {
  readonly told: string
  readonly frames: number
}

/** Reads in chunks that lie in a longer buffer, whose rest is poison. */
function readInChunks(file: Uint8Array, chunkBytes: number, poison: number): Reading {
  const hash = createHash('sha1')
  const stream = new CaptureStream((frame) => hash.update(tellFrame(frame)))
  for (let at = 0; at < file.length; at += chunkBytes) {
    const length = Math.min(chunkBytes, file.length - at)
    const chunk = new Uint8Array(length + 512).fill(poison)
    chunk.set(file.subarray(at, at + length))
    stream.push(chunk, length)
    chunk.fill(poison)
  }
  const fault = stream.end()
  if (fault !== null && (fault.byteOffset < 0 || fault.byteOffset > file.length)) {
    throw new Violation(`a fault at byte ${fault.byteOffset} of ${file.length}`)
  }
  const { frames } = stream
  return { told: `${frames} frames, ${hash.digest('hex')}, ${JSON.stringify(fault)}`, frames }
}

function tellFrame(frame: Frame): Buffer {
  const { timestampUs, linkType, wireLength, buffer, offset, capturedLength } = frame
  if (offset < 0 || offset + capturedLength > buffer.length || wireLength < capturedLength) {
    throw new Violation(`a frame of ${capturedLength} at ${offset} in ${buffer.length}`)
  }
  if (!(timestampUs >= 0 && timestampUs < 2 ** 53)) throw new Violation(`time ${timestampUs}`)
  const head = `${timestampUs} ${linkType} ${wireLength} `
  return Buffer.concat([Buffer.from(head), buffer.subarray(offset, offset + capturedLength)])
}

/** Damages the packed file, and reads it as standard input is read. */
async function readPacked(file: Buffer, random: Random): Promise<void> {
  const packed = mutateBytes(gzipSync(file), file, random)
  const pieces: Uint8Array[] = []
  for (let at = 0; at < packed.length;) {
    const end = at + 1 + random(2000)
    pieces.push(packed.subarray(at, end))
    at = end
  }
  try {
    await openPcapStream(Readable.from(pieces, { objectMode: true }), 'fuzz').run(() => undefined)
  } catch (error) {
    if (!(error instanceof PicketError)) throw error
  }
}
