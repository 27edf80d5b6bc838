/** Load that a sensor shed: one story from its first step to its last, with what was left undone. */
import { grouped } from '../../core/text/amount.ts'
import { uuidv7 } from '../../core/uuid.ts'
import type { Detection } from '../../detect/detection.ts'
import { SHED_LEVELS, type ShedLevelName, type Skipped } from '../../pressure/index.ts'
import { healthDetection, spell, timeOfDay } from '../health-detection.ts'

/** A spell that lasts is told again after this long, then after twice that, and so on. */
const RETELL_MS = 5_000
const SLOWEST_RETELL_MS = 300_000

/** What a sensor says of itself. */
export interface ShedReport {
  readonly load: {
    readonly level: ShedLevelName
    readonly sinceMs: number | null
    readonly why: string | null
  }
  readonly skipped: Skipped
}

const WORDS: Readonly<Record<keyof Skipped, string>> = {
  payloads: 'payloads not read',
  scores: 'flows not scored',
  records: 'flows not recorded',
  details: 'packets merely counted',
  openings: 'packets that would have opened a flow ignored',
}
const KINDS = Object.keys(WORDS) as (keyof Skipped)[]
const NOTHING: Skipped = { payloads: 0, scores: 0, records: 0, details: 0, openings: 0 }
/** From this level on whole flows go unseen. */
const GRAVE = SHED_LEVELS.indexOf('openings')

interface Spell {
  readonly id: string
  readonly fromMs: number
  untilMs: number
  highest: number
  why: string
  readonly skipped: Record<keyof Skipped, number>
  retellAtMs: number
  retellMs: number
}

export class ShedSpells {
  readonly #interfaceName: string
  #open: Spell | null = null
  #spells = { count: 0, sinceMs: 0 }

  constructor(interfaceName: string) {
    this.#interfaceName = interfaceName
  }

  /** Takes a report and the one before it, null for the first of a process; gives what is to be told now. */
  report(now: ShedReport, before: ShedReport | null, nowMs: number): Detection[] {
    const level = SHED_LEVELS.indexOf(now.load.level)
    const gained = gains(now.skipped, before?.skipped ?? NOTHING)
    const isShedding = level > 0 || KINDS.some((kind) => gained[kind] > 0)
    if (!isShedding && this.#open === null) return []
    const open = (this.#open ??= this.#begin(now.load.sinceMs ?? before?.load.sinceMs ?? nowMs))
    open.untilMs = nowMs
    open.why = now.load.why ?? open.why
    for (const kind of KINDS) open.skipped[kind] += gained[kind]
    if (level === 0) return this.end()
    const isHigher = level > open.highest
    open.highest = Math.max(open.highest, level)
    if (!isHigher && nowMs < open.retellAtMs) return []
    open.retellAtMs = nowMs + open.retellMs
    open.retellMs = Math.min(SLOWEST_RETELL_MS, open.retellMs * 2)
    return [this.#tell(open, false)]
  }

  /** Ends the spell, if one is open: nothing is shed any more, or who shed it is gone. */
  end(): Detection[] {
    if (this.#open === null) return []
    const told = this.#tell(this.#open, true)
    this.#open = null
    return [told]
  }

  #begin(fromMs: number): Spell {
    this.#spells.count += 1
    if (this.#spells.count === 1) this.#spells.sinceMs = fromMs
    const telling = { retellAtMs: 0, retellMs: RETELL_MS }
    const found = { highest: 0, why: 'a brief peak', skipped: { ...NOTHING } }
    return { id: uuidv7(fromMs), fromMs, untilMs: fromMs, ...found, ...telling }
  }

  #tell(open: Spell, isFinal: boolean): Detection {
    const { id, fromMs, untilMs, highest, why, skipped } = open
    const level = SHED_LEVELS[Math.max(1, highest)]!
    const when = `${spell(fromMs, untilMs)}${isFinal ? '' : ' and still'}`
    const parts = KINDS.filter((kind) => skipped[kind] > 0)
    const left = parts.map((kind) => `${grouped(skipped[kind])} ${WORDS[kind]}`)
    const what = left.length === 0 ? 'nothing had to be left out' : left.join(', ')
    return healthDetection({
      ...{ id, kind: 'health.load-shed', severity: highest >= GRAVE ? 4 : 3, isFinal },
      ...{ fromMs, untilMs, count: KINDS.reduce((sum, kind) => sum + skipped[kind], 0) },
      summary: `Partly blind on ${this.#interfaceName} ${when}: load shed down to ${level} (${why}): ${what}${this.#before(untilMs)}`,
      measured: { level, why, blindSeconds: (untilMs - fromMs) / 1000, ...skipped },
    })
  }

  #before(untilMs: number): string {
    const { count, sinceMs } = this.#spells
    return count === 1 ? '' : ` (${count} spells since ${timeOfDay(sinceMs, untilMs)})`
  }
}

/** What came on top since the report before; a process begun anew counts from nothing. */
function gains(now: Skipped, before: Skipped): Skipped {
  const gained = { ...NOTHING }
  for (const kind of KINDS) gained[kind] = Math.max(0, now[kind] - before[kind])
  return gained
}
