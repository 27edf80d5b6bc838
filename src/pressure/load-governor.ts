/** Decides how much a sensor sheds: measurements in, a level out. Pure; the time comes with the measurements. */
import type { SensorConfig } from './config.ts'
import { SHED_LEVELS } from './shed-levels.ts'

/** What one look at the sensor's own process says. */
export interface LoadReading {
  /** On a clock that is never set, such as `performance.now()`. */
  readonly nowMs: number
  /** Of one processor, over the last second or so; null as long as that is not known. */
  readonly cpuShare: number | null
  readonly residentBytes: number
  /** Frames the kernel dropped since the reading before. */
  readonly lostFrames: number
  /** How long the newest frame waited before it was read; 0 when few frames came. */
  readonly lagMs: number
}

export interface LoadState {
  /** Index into `SHED_LEVELS`. */
  readonly level: number
  /** Since when load is shed, on the readings' clock; null while none is. */
  readonly sinceMs: number | null
  /** What the last raise was for; null while nothing is shed. */
  readonly why: string | null
  /** Memory is near its ceiling: tables are not to grow. */
  readonly isMemoryTight: boolean
  /** Why the process has to begin anew; null while it need not. */
  readonly outOfBounds: string | null
}

/** A step takes a moment to show in the share of a second. */
const RAISE_EVERY_MS = 750
/** How long all must be well before the first step back, which may be wrong; those after it follow sooner. */
const SHORTEST_HOLD_MS = 3_000
const LONGEST_HOLD_MS = 60_000
const LOWER_EVERY_MS = 1_000
/** Pressure that is back so soon after a step back: the next one waits twice as long. */
const RELAPSE_MS = 10_000
/** Below this part of the ceiling the processor is at ease. */
const EASY_CPU = 0.75
/** The kernel hands over what it holds at least once a second; beyond this frames wait for us. */
const MAX_LAG_MS = 2_000
/** A backlog that has become no longer than this since the last step is being worked off. */
const LAG_GROWTH_MS = 250
const TIGHT_MEMORY = 0.9
const EASY_MEMORY = 0.85
const HARD_MEMORY = 1.25
const HARD_MEMORY_MS = 5_000
/** Shedding everything has not brought the memory back for so long: only a new process will. */
const STUCK_MEMORY_MS = 60_000
const HIGHEST = SHED_LEVELS.length - 1

/** Raises and lowers the level of shedding, one step at a time, fast up and slowly down. */
export class LoadGovernor {
  readonly #maxCpuShare: number
  readonly #maxBytes: number
  #level = 0
  #sinceMs: number | null = null
  #why: string | null = null
  #isMemoryTight = false
  #raisedAtMs = -Infinity
  #loweredAtMs = -Infinity
  #wellSinceMs: number | null = null
  #holdMs = SHORTEST_HOLD_MS
  /** The shortest wait since the last step. */
  #leastLagMs = 0
  #overMemorySinceMs: number | null = null
  #overHardSinceMs: number | null = null
  #outOfBounds: string | null = null

  constructor({ maxCpuShare, maxMemoryMegabytes }: SensorConfig) {
    this.#maxCpuShare = maxCpuShare
    this.#maxBytes = maxMemoryMegabytes * 1e6
  }

  get state(): LoadState {
    return {
      level: this.#level,
      sinceMs: this.#sinceMs,
      why: this.#why,
      isMemoryTight: this.#isMemoryTight,
      outOfBounds: this.#outOfBounds,
    }
  }

  /** Takes a reading, one each 100 ms or so, and says what is in force from now on. */
  look(reading: LoadReading): LoadState {
    const { nowMs } = reading
    this.#watchMemory(reading)
    if (reading.lagMs > 0) this.#leastLagMs = Math.min(this.#leastLagMs, reading.lagMs)
    const pressure = this.#pressureOf(reading)
    if (pressure !== null) {
      this.#wellSinceMs = null
      if (nowMs - this.#raisedAtMs >= RAISE_EVERY_MS) this.#raise(pressure, reading)
    } else if (!this.#isAtEase(reading)) {
      this.#wellSinceMs = null
    } else {
      this.#wellSinceMs ??= nowMs
      const isRecovering = this.#loweredAtMs >= this.#wellSinceMs
      const sinceMs = isRecovering ? this.#loweredAtMs : this.#wellSinceMs
      if (nowMs - sinceMs >= (isRecovering ? LOWER_EVERY_MS : this.#holdMs)) this.#lower(nowMs)
    }
    return this.state
  }

  #pressureOf({ cpuShare, residentBytes, lostFrames, lagMs }: LoadReading): string | null {
    if (cpuShare !== null && cpuShare > this.#maxCpuShare) {
      return `${percent(cpuShare)} of a processor, ${percent(this.#maxCpuShare)} allowed`
    }
    if (residentBytes > this.#maxBytes) {
      return `${megabytes(residentBytes)} of memory, ${megabytes(this.#maxBytes)} allowed`
    }
    if (lostFrames > 0) return 'the kernel drops packets'
    const isBehind = lagMs > MAX_LAG_MS && lagMs > this.#leastLagMs + LAG_GROWTH_MS
    return isBehind ? `packets wait for ${(lagMs / 1000).toFixed(1)} s` : null
  }

  #isAtEase({ cpuShare, residentBytes, lagMs }: LoadReading): boolean {
    return (
      (cpuShare ?? 0) < this.#maxCpuShare * EASY_CPU &&
      residentBytes < this.#maxBytes &&
      lagMs < MAX_LAG_MS / 2
    )
  }

  #raise(why: string, { nowMs, lagMs }: LoadReading): void {
    this.#leastLagMs = lagMs
    if (nowMs - this.#loweredAtMs < RELAPSE_MS) {
      this.#holdMs = Math.min(LONGEST_HOLD_MS, this.#holdMs * 2)
    }
    this.#loweredAtMs = -Infinity
    this.#raisedAtMs = nowMs
    this.#sinceMs ??= nowMs
    this.#why = why
    if (this.#level < HIGHEST) this.#level += 1
  }

  /** A step back; at the bottom a long quiet makes the next recovery quick again. */
  #lower(nowMs: number): void {
    if (this.#level === 0) {
      if (nowMs - this.#loweredAtMs >= LONGEST_HOLD_MS) this.#holdMs = SHORTEST_HOLD_MS
      return
    }
    this.#level -= 1
    this.#loweredAtMs = nowMs
    if (this.#level > 0) return
    this.#sinceMs = null
    this.#why = null
  }

  #watchMemory({ residentBytes, nowMs }: LoadReading): void {
    const share = residentBytes / this.#maxBytes
    this.#isMemoryTight = share > (this.#isMemoryTight ? EASY_MEMORY : TIGHT_MEMORY)
    this.#overHardSinceMs = share > HARD_MEMORY ? (this.#overHardSinceMs ?? nowMs) : null
    const isStuck = share > 1 && this.#level === HIGHEST
    this.#overMemorySinceMs = isStuck ? (this.#overMemorySinceMs ?? nowMs) : null
    const lasted = (sinceMs: number | null): number => (sinceMs === null ? -1 : nowMs - sinceMs)
    const isOut =
      lasted(this.#overHardSinceMs) >= HARD_MEMORY_MS ||
      lasted(this.#overMemorySinceMs) >= STUCK_MEMORY_MS
    if (!isOut) return
    this.#outOfBounds = `its memory stays at ${megabytes(residentBytes)}, sensor.maxMemoryMegabytes is ${megabytes(this.#maxBytes)}`
  }
}

const percent = (share: number): string => `${Math.round(share * 100)} %`
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`
