/** The spells of one cause of blindness in one place: one story that is told while it lasts and once when it ends. */
import { grouped } from '../../core/text/amount.ts'
import { uuidv7 } from '../../core/uuid.ts'
import type { Detection } from '../../detect/detection.ts'
import { blindWords, type BlindCause } from './blind-causes.ts'
import { healthDetection, spell, timeOfDay } from '../health-detection.ts'

/** A spell that lasts is told again after this long, then after twice that, and so on, with news only. */
const RETELL_MS = 5_000
const SLOWEST_RETELL_MS = 300_000
/** A clock that is set back by more was wrong: what it timed is over. */
const SET_BACK_MS = 60_000

interface Spell {
  readonly id: string
  readonly fromMs: number
  untilMs: number
  amount: number
  retellAtMs: number
  retellMs: number
}

/** Spells that the log folds into one event, whose words must not tell of the last one alone. */
interface Series {
  readonly sinceMs: number
  lastMs: number
  spells: number
  amount: number
}

export class BlindSpells {
  readonly #cause: BlindCause
  readonly #interfaceName: string
  readonly #foldMs: number
  #open: Spell | null = null
  #series: Series | null = null

  /** `foldMs`: as `policy.foldSeconds`. */
  constructor(cause: BlindCause, interfaceName: string, foldMs: number) {
    this.#cause = cause
    this.#interfaceName = interfaceName
    this.#foldMs = foldMs
  }

  /**
   * Takes what was missed since it was last called; 0 for nothing.
   *
   * Shape: what is to be told now, if anything. `notBeforeMs` is when the sensor began to count.
   */
  miss(amount: number, nowMs: number, notBeforeMs = 0): Detection[] {
    const ended = this.#endOfWrongTime(nowMs)
    if (amount > 0) return [...ended, ...this.#more(amount, nowMs, notBeforeMs)]
    if (ended.length > 0) return ended
    const isOver = this.#open !== null && nowMs - this.#open.untilMs >= this.#cause.quietMs
    return isOver ? this.end() : []
  }

  /** Ends the spell, if one is open: what counted it is gone, or nothing was missed for a while. */
  end(): Detection[] {
    if (this.#open === null) return []
    const told = this.#tell(this.#open, true)
    this.#open = null
    return [told]
  }

  #endOfWrongTime(nowMs: number): Detection[] {
    if (this.#series === null || nowMs + SET_BACK_MS > this.#series.lastMs) return []
    const ended = this.end()
    this.#series = null
    return ended
  }

  #more(amount: number, nowMs: number, notBeforeMs: number): Detection[] {
    const open = (this.#open ??= this.#begin(nowMs, notBeforeMs))
    const series = this.#series!
    open.untilMs = series.lastMs = nowMs
    open.amount += amount
    series.amount += amount
    if (nowMs < open.retellAtMs) return []
    open.retellAtMs = nowMs + open.retellMs
    open.retellMs = Math.min(SLOWEST_RETELL_MS, open.retellMs * 2)
    return [this.#tell(open, false)]
  }

  #begin(nowMs: number, notBeforeMs: number): Spell {
    const fromMs = Math.min(nowMs, Math.max(notBeforeMs, nowMs - this.#cause.countedEveryMs))
    if (this.#series === null || fromMs - this.#series.lastMs > this.#foldMs) {
      this.#series = { sinceMs: fromMs, lastMs: nowMs, spells: 0, amount: 0 }
    }
    this.#series.spells += 1
    const telling = { retellAtMs: nowMs, retellMs: RETELL_MS }
    return { id: uuidv7(nowMs), fromMs, untilMs: nowMs, amount: 0, ...telling }
  }

  #tell(open: Spell, isFinal: boolean): Detection {
    const { id, fromMs, untilMs, amount } = open
    const { kind, severity, measure } = this.#cause
    const when = spell(fromMs, untilMs)
    const words = blindWords(this.#cause, this.#interfaceName, { spell: when, amount, isFinal })
    return healthDetection({
      ...{ id, kind, severity, fromMs, untilMs, count: amount, isFinal },
      summary: `${words}${this.#before(untilMs)}`,
      measured: { [measure]: amount, blindSeconds: (untilMs - fromMs) / 1000 },
    })
  }

  #before(untilMs: number): string {
    const { spells, sinceMs, amount } = this.#series!
    if (spells === 1) return ''
    return ` (${spells} spells since ${timeOfDay(sinceMs, untilMs)}, ${grouped(amount)} in all)`
  }
}
