/** Measures what the process at hand uses: the readings that a governor decides on. */
import type { LoadReading } from './load-governor.ts'

/** Shares of the processor are of this long. */
const WINDOW_MS = 1_000
/** Looks that come sooner than this after another are none. */
const SHORTEST_GAP_MS = 50

/** What the capture says of itself at the time of a look. */
export interface CaptureSigns {
  /** The kernel's drops since the start; null when they cannot be known. */
  readonly kernelDrops: number | null
  /** How long ago the frame just read was captured; 0 when the look has nothing to do with a frame. */
  readonly waitedMs: number
}

interface CpuSample {
  readonly atMs: number
  readonly usedUs: number
}

export class LoadMeter {
  readonly #samples: CpuSample[] = []
  #kernelDrops = 0
  #lagMs = 0
  #last: LoadReading | null = null

  /** The last reading; null before the first. */
  get last(): LoadReading | null {
    return this.#last
  }

  /** Reads the process's use; null when the last reading is so fresh that nothing can be new. */
  read(nowMs: number, { kernelDrops, waitedMs }: CaptureSigns): LoadReading | null {
    this.#lagMs = Math.max(this.#lagMs, waitedMs)
    if (this.#last !== null && nowMs - this.#last.nowMs < SHORTEST_GAP_MS) return null
    const drops = kernelDrops ?? this.#kernelDrops
    const lostFrames = Math.max(0, drops - this.#kernelDrops)
    this.#kernelDrops = drops
    const lagMs = this.#lagMs
    this.#lagMs = 0
    const residentBytes = process.memoryUsage.rss()
    this.#last = { nowMs, cpuShare: this.#cpuShare(nowMs), residentBytes, lostFrames, lagMs }
    return this.#last
  }

  /** Over the second that ends now; over longer when looks are rare. */
  #cpuShare(nowMs: number): number | null {
    const { user, system } = process.cpuUsage()
    const usedUs = user + system
    const samples = this.#samples
    samples.push({ atMs: nowMs, usedUs })
    // The oldest one kept is the newest that is a whole window old.
    while (samples.length > 2 && nowMs - samples[1]!.atMs >= WINDOW_MS) samples.shift()
    const [oldest] = samples
    const passedMs = nowMs - oldest!.atMs
    return passedMs < WINDOW_MS ? null : (usedUs - oldest!.usedUs) / 1000 / passedMs
  }
}
