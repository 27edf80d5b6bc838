/** A correlation at work: its groups, each with what it remembers, and its hits. */
import { CappedTable, type Row } from '../../rules/state/tables/capped-table.ts'
import type { Field } from '../fields/field.ts'
import type { Subject } from '../fields/subject.ts'
import type { CorrelationRule } from '../rule.ts'
import { evidenceOf, partiesOf, textIn, whomOf, type Hit } from './hit.ts'
import { textKey } from './text-key.ts'
import { openWindow, type Window } from './window.ts'

const MAX_GROUPS = 2048

interface Group extends Row {
  readonly window: Window
  readonly key: number
  /** The latest hit, as it would be told. */
  hit: Hit
}

/**
 * Bounded: 2,048 groups; the one idle longest goes first. A group keeps no more hits or values than the bounds
 * ask for, 1,001 at most.
 */
export class Correlation {
  readonly rule: CorrelationRule
  readonly #groups = new CappedTable<Group>(MAX_GROUPS)

  constructor(rule: CorrelationRule) {
    this.rule = rule
  }

  get forgotten(): number {
    return this.#groups.forgotten
  }

  /** Takes a hit of one of its rules; gives its own hit where the correlation holds with it, else null. */
  note(index: number, subject: Subject): Hit | null {
    const { rule } = this
    const groupFields = rule.groupBy[index]!
    const values = groupFields.map((field) => textIn(subject, field))
    // A group is made of what is there: without it there is nothing that hits would have in common.
    if (values.includes(null)) return null
    const counted = rule.counted === null ? null : valueOf(subject, rule.counted[index]!)
    const group = this.#groupOf(textKey(values), subject.timeUs)
    group.lastUs = Math.max(group.lastUs, subject.timeUs)
    const isMet = group.window.note(index, counted, subject.timeUs)
    group.hit = {
      parties: partiesOf(subject, rule.roles[index]!),
      evidence: [this.#reason(group.window), ...evidenceOf(subject, groupFields.slice(0, 2))],
      whom: whomOf(subject),
    }
    return isMet ? group.hit : null
  }

  /** Ends the spans that have passed; gives the hits that only their end could prove. */
  *closed(nowUs: number): Generator<Hit> {
    for (const group of this.#groups.values()) {
      if (group.window.untilUs >= nowUs) continue
      this.#groups.delete(group.key)
      if (group.window.closes()) yield group.hit
    }
  }

  #groupOf(key: number, nowUs: number): Group {
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const window = openWindow(this.rule)
    const hit: Hit = { parties: NOBODY, evidence: [], whom: '' }
    const group: Group = { window, key, hit, lastUs: nowUs }
    this.#groups.set(key, group)
    return group
  }

  #reason(window: Window): Hit['evidence'][number] {
    const { type, bounds } = this.rule
    return { feature: type, value: window.count, baseline: bounds[0]!.count, weight: 1 }
  }
}

/** The value, or the combination of several; null where one of them is not there. */
function valueOf(subject: Subject, fields: readonly Field[]): string | null {
  const values = fields.map((field) => textIn(subject, field))
  return values.includes(null) ? null : values.join('\n')
}

const NOBODY = { attacker: null, victim: null, host: null, domain: null }
