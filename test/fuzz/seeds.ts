/** What is damaged: frames of real captures, and frames of every layer that the tests can build. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CaptureStream } from '../../src/capture/capture-stream.ts'
import { layeredFrames } from '../support/packets/layered-frames.ts'

/** A frame with bytes of its own. */
export interface SeedFrame {
  readonly timestampUs: number
  readonly linkType: number
  readonly wireLength: number
  readonly bytes: Uint8Array
}

/** A capture's beginning. */
export interface SeedCapture {
  readonly name: string
  readonly frames: readonly SeedFrame[]
}

const MOST_FRAMES = 1500
const MOST_BYTES = 1024 * 1024
const START_US = 1_700_000_000_000_000

/** Reads the beginning of each capture of a folder; the built frames are one more capture. */
export function readSeeds(folder: string): SeedCapture[] {
  const names = readdirSync(folder).filter((name) => /\.p?cap(ng)?$/.test(name))
  const captures = names.map((name) => ({ name, frames: readFrames(join(folder, name)) }))
  return [...captures.filter(({ frames }) => frames.length > 0), builtCapture()]
}

/** The frames that the tests build, as a capture of mixed links. */
export function builtCapture(): SeedCapture {
  const frames = layeredFrames.map(([, linkType, bytes], index) => {
    return { timestampUs: START_US + index * 1000, linkType, wireLength: bytes.length, bytes }
  })
  return { name: 'built', frames }
}

function readFrames(path: string): SeedFrame[] {
  const frames: SeedFrame[] = []
  const stream = new CaptureStream((frame) => {
    if (frames.length === MOST_FRAMES) return
    const { timestampUs, linkType, wireLength, offset, capturedLength } = frame
    const bytes = frame.buffer.slice(offset, offset + capturedLength)
    frames.push({ timestampUs, linkType, wireLength, bytes })
  })
  stream.push(readFileSync(path).subarray(0, MOST_BYTES))
  return frames
}
