/** Reads captures in tests and keeps copies of what was handed on, since frames are reused. */
import { CaptureStream, type CaptureFault } from '../../../src/capture/capture-stream.ts'
import type { Frame } from '../../../src/capture/source.ts'

/** One frame as it stood when it was handed on. */
export interface KeptFrame {
  readonly timestampUs: number
  readonly linkType: number
  readonly wireLength: number
  readonly hex: string
}

/** Copies what a reused frame says. */
export function keepFrame(frame: Frame): KeptFrame {
  const { timestampUs, linkType, wireLength, buffer, offset, capturedLength } = frame
  const bytes = Buffer.from(buffer.subarray(offset, offset + capturedLength))
  return { timestampUs, linkType, wireLength, hex: bytes.toString('hex') }
}

export interface ReadCapture {
  readonly frames: readonly KeptFrame[]
  readonly fault: CaptureFault | null
}

/** Reads a capture in chunks of `chunkBytes`, each overwritten once it was read. */
export function readCapture(capture: Uint8Array, chunkBytes = capture.length): ReadCapture {
  const frames: KeptFrame[] = []
  const stream = new CaptureStream((frame) => frames.push(keepFrame(frame)))
  for (let at = 0; at < capture.length; at += chunkBytes) {
    const chunk = Uint8Array.from(capture.subarray(at, at + chunkBytes))
    stream.push(chunk)
    chunk.fill(0xee)
  }
  return { frames, fault: stream.end() }
}
