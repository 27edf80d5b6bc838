/**
 * Two captures on one timeline: the second begins in the middle of the first, as real attacks do.
 *
 * Link types may differ; addresses are kept. Left out: a second pass to make addresses of both fit one net.
 */
import { openPcapFile } from '../../capture/index.ts'
import type { CaptureEnd, Frame } from '../../capture/source.ts'

/** One packet of the timeline, and whether it is of the capture that was merged in. */
export type MergedListener = (frame: Frame, isMergedIn: boolean) => void

/** Time and number of a capture's packets. */
export interface Timeline {
  readonly firstUs: number
  /** When half of the packets have passed: where clocks jump, the middle in time may be an empty year. */
  readonly middleUs: number
}

/** Reads the times of a capture through. Cost: one reading, 8 bytes a packet, thinned beyond a million. */
async function timelineOf(path: string): Promise<Timeline> {
  let kept: number[] = []
  let step = 1
  let count = 0
  await openPcapFile(path).run(({ timestampUs }) => {
    if (count % step === 0) kept.push(timestampUs)
    count += 1
    if (kept.length < 1_000_000) return
    kept = kept.filter((_, index) => index % 2 === 0)
    step *= 2
  })
  return { firstUs: kept[0] ?? 0, middleUs: kept[Math.floor(kept.length / 2)] ?? 0 }
}

/**
 * Hands on the packets of both captures in the order of their shifted times.
 *
 * Shape: `second` is moved so that its first packet falls on the first one's middle. Frames are valid during
 * the call. Cost: at most one chunk (1 MiB) of each capture is held.
 * Errors: as the captures'; resolves with the first end that is not complete.
 */
export async function mergeCaptures(
  first: string,
  second: string,
  onFrame: MergedListener,
): Promise<CaptureEnd> {
  const [outer, inner] = [await timelineOf(first), await timelineOf(second)]
  const lanes = [new Lane(first, 0), new Lane(second, outer.middleUs - inner.firstUs)] as const
  const ends = Promise.all(lanes.map((lane) => lane.run()))
  // Met again below, once the lanes are empty.
  ends.catch(() => undefined)
  for (;;) {
    for (const lane of lanes) if (lane.head() === undefined) await lane.refill()
    const [one, other] = lanes.map((lane) => lane.head())
    if (one === undefined && other === undefined) break
    const isSecond =
      one === undefined || (other !== undefined && other.timestampUs < one.timestampUs)
    onFrame(lanes[isSecond ? 1 : 0].take(), isSecond)
  }
  const all = await ends
  return all.find(({ kind }) => kind !== 'complete') ?? { kind: 'complete' }
}

/** One capture, read chunk by chunk as its packets are wanted. */
class Lane {
  readonly #path: string
  readonly #shiftUs: number
  #frames: Frame[] = []
  #at = 0
  #isOver = false
  #goOn: (() => void) | null = null
  #hasMore: (() => void) | null = null

  constructor(path: string, shiftUs: number) {
    this.#path = path
    this.#shiftUs = shiftUs
  }

  async run(): Promise<CaptureEnd> {
    const pace = (): Promise<void> => this.#waitUntilEmpty()
    try {
      return await openPcapFile(this.#path, { pace }).run((frame) => this.#keep(frame))
    } finally {
      this.#isOver = true
      this.#hasMore?.()
    }
  }

  head(): Frame | undefined {
    return this.#frames[this.#at]
  }

  take(): Frame {
    this.#at += 1
    return this.#frames[this.#at - 1]!
  }

  /** Resolves when there is a packet again, or none will come. */
  async refill(): Promise<void> {
    while (this.head() === undefined && !this.#isOver) {
      this.#frames = []
      this.#at = 0
      const more = new Promise<void>((resolve) => (this.#hasMore = resolve))
      this.#goOn?.()
      await more
    }
  }

  #keep(frame: Frame): void {
    const { offset, capturedLength } = frame
    const buffer = frame.buffer.slice(offset, offset + capturedLength)
    const timestampUs = frame.timestampUs + this.#shiftUs
    this.#frames.push({ ...frame, buffer, offset: 0, timestampUs })
  }

  #waitUntilEmpty(): Promise<void> {
    return new Promise((resolve) => {
      this.#goOn = resolve
      this.#hasMore?.()
    })
  }
}
