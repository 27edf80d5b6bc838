/** Blindness is on record: what a sensor could not see becomes an event like any other. */
import type { Clock } from '../../core/clock.ts'
import type { Detection } from '../../detect/detection.ts'
import {
  FORGOTTEN,
  FULL_CHANNEL,
  FULL_TABLE,
  JUDGED_EVERY_MS,
  KERNEL_DROPS,
  UNREADABLE,
} from './blind-causes.ts'
import { BlindSpells } from './blind-spells.ts'
import { ShedSpells, type ShedReport } from './load-shed.ts'
import { INTERFACE_DOWN, Outages, SENSOR_FAILED, type SensorFailure } from './outage.ts'

/** Traffic counts as unreadable from this share of a minute's packets on, and from this many. */
const UNREADABLE_SHARE = 0.05
const MIN_UNREADABLE = 100

/** What a sensor counts, from nothing at its start. */
export interface SensorCounts extends ShedReport {
  readonly frames: number
  readonly kernelDrops: number | null
  readonly droppedFlows: number
  readonly evictedFlows: number
  readonly forgotten: number
  /** By reason; `none` holds the frames that were read. */
  readonly malformed: Readonly<Record<string, number>>
}

const COUNTED = [
  ['kernelDrops', KERNEL_DROPS],
  ['droppedFlows', FULL_CHANNEL],
  ['evictedFlows', FULL_TABLE],
  ['forgotten', FORGOTTEN],
] as const

/** Follows what one interface's sensor misses. Every call gives the detections that are now due. */
export class SensorBlindness {
  readonly #clock: Clock
  readonly #counted: readonly { of(counts: SensorCounts): number; spells: BlindSpells }[]
  readonly #unreadable: BlindSpells
  readonly #shed: ShedSpells
  readonly #outages: Outages
  readonly #downs: Outages
  #minute = { fromMs: 0, frames: 0, unreadable: 0 }
  #countsSinceMs: number

  /** `foldMs`: as `policy.foldSeconds`. */
  constructor(interfaceName: string, foldMs: number, clock: Clock) {
    this.#clock = clock
    this.#counted = COUNTED.map(([field, cause]) => ({
      of: (counts) => counts[field] ?? 0,
      spells: new BlindSpells(cause, interfaceName, foldMs),
    }))
    this.#unreadable = new BlindSpells(UNREADABLE, interfaceName, foldMs)
    this.#shed = new ShedSpells(interfaceName)
    this.#outages = new Outages(SENSOR_FAILED, interfaceName)
    this.#downs = new Outages(INTERFACE_DOWN, interfaceName)
    this.#countsSinceMs = clock.nowMs()
    this.#minute.fromMs = this.#countsSinceMs
  }

  /** Takes a sensor's report and the one before it, null for the first of a process. */
  report(counts: SensorCounts, before: SensorCounts | null): Detection[] {
    const nowMs = this.#clock.nowMs()
    const told = this.#counted.flatMap(({ of, spells }) => {
      const gained = of(counts) - (before ? of(before) : 0)
      return spells.miss(gained, nowMs, this.#countsSinceMs)
    })
    this.#minute.frames += counts.frames - (before?.frames ?? 0)
    this.#minute.unreadable += unreadable(counts) - (before ? unreadable(before) : 0)
    return [...told, ...this.#judgeMinute(nowMs), ...this.#shed.report(counts, before, nowMs)]
  }

  /** Takes whether the interface is down, which need not end a capture on it. */
  link(isDown: boolean): Detection[] {
    const nowMs = this.#clock.nowMs()
    if (!isDown) return this.#downs.end(nowMs)
    if (this.#downs.isOpen) return []
    const reason = 'the interface is down'
    return this.#downs.failed({ reason, lostFlows: 0, isInterfaceGone: false }, nowMs)
  }

  /** The sensor's process is gone. */
  failed(failure: SensorFailure): Detection[] {
    const nowMs = this.#clock.nowMs()
    const ended = [...this.#endSpells(), ...this.#downs.end(nowMs)]
    return [...ended, ...this.#outages.failed(failure, nowMs)]
  }

  /** A sensor captures (again). */
  running(): Detection[] {
    const nowMs = this.#clock.nowMs()
    this.#countsSinceMs = nowMs
    this.#minute = { fromMs: nowMs, frames: 0, unreadable: 0 }
    return this.#outages.end(nowMs)
  }

  /** Ends every story: the agent stops. */
  end(): Detection[] {
    const nowMs = this.#clock.nowMs()
    return [...this.#endSpells(), ...this.#downs.end(nowMs), ...this.#outages.end(nowMs)]
  }

  #judgeMinute(nowMs: number): Detection[] {
    const { fromMs, frames, unreadable } = this.#minute
    // A clock that was set back begins the minute anew.
    if (nowMs >= fromMs && nowMs - fromMs < JUDGED_EVERY_MS) return []
    this.#minute = { fromMs: nowMs, frames: 0, unreadable: 0 }
    const isMuch = unreadable >= MIN_UNREADABLE && unreadable >= frames * UNREADABLE_SHARE
    return this.#unreadable.miss(isMuch ? unreadable : 0, nowMs, this.#countsSinceMs)
  }

  #endSpells(): Detection[] {
    const counted = this.#counted.map(({ spells }) => spells)
    return [...counted, this.#unreadable, this.#shed].flatMap((spells) => spells.end())
  }
}

function unreadable({ malformed }: SensorCounts): number {
  return Object.entries(malformed).reduce(
    (sum, [reason, count]) => (reason === 'none' ? sum : sum + count),
    0,
  )
}
