/** A sensor process's watch over itself, wired: measure, decide, shed, and know what to report. */
import type { Frame } from '../capture/source.ts'
import {
  LoadGovernor,
  LoadMeter,
  SHED_LEVELS,
  type SensorConfig,
  type ShedLevelName,
} from '../pressure/index.ts'
import type { Sensor } from './sensor.ts'

const LOOK_MS = 100
/** Where frames come so fast that no timer gets a turn, one look in so many frames. */
const LOOK_FRAMES = 1024

/** How a sensor process stands under its ceilings. */
export interface SensorLoad {
  readonly level: ShedLevelName
  /** Since when load is shed, ms since the epoch; null while none is. */
  readonly sinceMs: number | null
  /** What for; null while none is. */
  readonly why: string | null
  /** Of one processor, over the last second; null in the first. */
  readonly cpuShare: number | null
  readonly residentBytes: number
}

export interface LoadWatchOptions {
  readonly config: SensorConfig
  readonly sensor: Sensor
  /** The kernel's drops since the start; null when they cannot be known. */
  kernelDrops(): number | null
  /** The process is beyond what shedding can mend, and has to begin anew. */
  onOutOfBounds(reason: string): void
}

/** Watches from construction until `stop`. */
export class LoadWatch {
  readonly #options: LoadWatchOptions
  readonly #governor: LoadGovernor
  readonly #meter = new LoadMeter()
  readonly #timer: NodeJS.Timeout
  #framesToLook = LOOK_FRAMES
  #isOut = false

  constructor(options: LoadWatchOptions) {
    this.#options = options
    this.#governor = new LoadGovernor(options.config)
    this.#timer = setInterval(() => this.#look(0), LOOK_MS)
  }

  /** Notes that a frame went through the sensor. Cost: one comparison. */
  frame(frame: Frame): void {
    this.#framesToLook -= 1
    if (this.#framesToLook > 0) return
    this.#framesToLook = LOOK_FRAMES
    this.#look(Date.now() - frame.timestampUs / 1000)
  }

  report(): SensorLoad {
    const { level, sinceMs, why } = this.#governor.state
    const { cpuShare = null, residentBytes = 0 } = this.#meter.last ?? {}
    const startedAtMs = Date.now() - performance.now()
    return {
      level: SHED_LEVELS[level]!,
      sinceMs: sinceMs === null ? null : Math.round(startedAtMs + sinceMs),
      why,
      cpuShare,
      residentBytes,
    }
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(waitedMs: number): void {
    const { sensor, kernelDrops, onOutOfBounds } = this.#options
    const signs = { kernelDrops: kernelDrops(), waitedMs }
    const reading = this.#meter.read(performance.now(), signs)
    if (reading === null) return
    const { level, isMemoryTight, outOfBounds } = this.#governor.look(reading)
    sensor.shed(level, { mayGrow: !isMemoryTight })
    if (outOfBounds === null || this.#isOut) return
    this.#isOut = true
    onOutOfBounds(outOfBounds)
  }
}
