/** The ways in which bytes, frames and runs of frames are damaged. */
import { LinkType } from '../../src/capture/source.ts'
import type { Random } from './layer.ts'
import type { SeedFrame } from './seeds.ts'

const INTERESTING = [
  0, 1, 2, 4, 6, 0x0f, 0x11, 0x2c, 0x2f, 0x3c, 0x45, 0x60, 0x7f, 0x80, 0xfe, 0xff,
]
const LINK_TYPES = Object.values(LinkType)

/** Returns bytes damaged in one to eight places; `other` lends pieces. */
export function mutateBytes(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let damaged: Uint8Array = bytes.slice()
  for (let changes = random(8); changes >= 0; changes -= 1) {
    damaged = mutateOnce(damaged, other, random)
  }
  return damaged
}

function mutateOnce(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const length = bytes.length
  if (length === 0) return other.slice(0, random(40))
  // Most of what decoders act on stands in front.
  const at = random(3) === 0 ? random(length) : random(Math.min(length, 80))
  switch (random(8)) {
    case 0:
      bytes[at]! ^= 1 << random(8)
      return bytes
    case 1:
      bytes[at] = random(256)
      return bytes
    case 2:
    case 3:
      bytes[at] = INTERESTING[random(INTERESTING.length)]!
      return bytes
    case 4:
      bytes[at] = random(2) * 255
      if (at + 1 < length) bytes[at + 1] = random(256)
      return bytes
    case 5:
      return bytes.slice(0, at)
    case 6:
      return joined(bytes.subarray(0, at), other.subarray(random(other.length + 1)))
    default:
      return joined(bytes.subarray(0, at), bytes.subarray(Math.min(length, at + random(24))))
  }
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([head, tail.subarray(0, 4096)]))
}

/** Returns a frame whose bytes, and at times whose link and lengths, are damaged. */
export function mutateFrame(frame: SeedFrame, other: SeedFrame, random: Random): SeedFrame {
  const bytes = mutateBytes(frame.bytes, other.bytes, random)
  const linkType = random(40) === 0 ? LINK_TYPES[random(LINK_TYPES.length)]! : frame.linkType
  const extra = random(4) === 0 ? random(2000) : 0
  return { ...frame, linkType, bytes, wireLength: bytes.length + extra }
}

/** Plays a run of frames with some damaged, lost, doubled, swapped or out of their time. */
export function* mutatedRun(
  frames: readonly SeedFrame[],
  other: readonly SeedFrame[],
  random: Random,
): Generator<SeedFrame, void, void> {
  const oneIn = 2 + random(20)
  let shiftUs = 0
  for (let index = 0; index < frames.length; index += 1) {
    let frame = frames[index]!
    if (random(oneIn) === 0) {
      switch (random(6)) {
        case 0:
          continue
        case 1:
          yield frame
          break
        case 2:
          frame = frames[random(frames.length)]!
          break
        case 3:
          shiftUs += (random(3) - 1) * random(2 ** 31)
          break
        default:
          frame = mutateFrame(frame, other[random(other.length)]!, random)
      }
    }
    yield { ...frame, timestampUs: Math.max(0, frame.timestampUs + shiftUs) }
  }
}
