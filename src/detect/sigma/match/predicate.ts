/** Tests of a subject, and how they are joined: the cheap ones first. */
import type { Field } from '../fields/field.ts'
import type { Subject } from '../fields/subject.ts'

/** Something that must be there for a test to hold, and by which its rule can be looked up. */
export interface Literal {
  readonly field: Field
  /** The field is this, or holds this text; in lower case. */
  readonly kind: 'is' | 'holds'
  readonly value: string | number
}

export interface Predicate {
  /** A rough measure; numbers are 1, sets of texts 3, wildcards 10, expressions 100. */
  readonly cost: number
  /** One of these must be there; null where nothing can be said. */
  readonly needs: readonly Literal[] | null
  /** Every field that is looked at. */
  readonly fields: readonly Field[]
  holds(subject: Subject): boolean
}

/** A rule whose literals are more than this is looked at each time: its index would be the rule. */
const MOST_NEEDS = 5000

/** All hold; looked up by what the one that is rarest needs. */
export function allOf(operands: readonly Predicate[]): Predicate {
  if (operands.length === 1) return operands[0]!
  const ordered = [...operands].sort((one, other) => one.cost - other.cost)
  const [first, second] = ordered
  const holds =
    ordered.length === 2
      ? (subject: Subject) => first!.holds(subject) && second!.holds(subject)
      : (subject: Subject) => ordered.every((operand) => operand.holds(subject))
  const needs = operands.reduce<readonly Literal[] | null>(
    (best, { needs: own }) => (own !== null && worth(own) > worth(best) ? own : best),
    null,
  )
  return { cost: sum(operands), needs, fields: fieldsOf(operands), holds }
}

/** At least one holds; can be looked up only where each needs something. */
export function anyOf(operands: readonly Predicate[]): Predicate {
  if (operands.length === 1) return operands[0]!
  const ordered = [...operands].sort((one, other) => one.cost - other.cost)
  return {
    cost: sum(operands),
    needs: needsOfAny(operands),
    fields: fieldsOf(operands),
    holds: (subject) => ordered.some((operand) => operand.holds(subject)),
  }
}

/** So many hold. */
export function atLeast(least: number, operands: readonly Predicate[]): Predicate {
  if (least <= 1) return anyOf(operands)
  if (least >= operands.length) return allOf(operands)
  return {
    ...anyOf(operands),
    holds: (subject) => {
      let held = 0
      return operands.some((operand) => operand.holds(subject) && (held += 1) >= least)
    },
  }
}

/** It does not hold; what is absent cannot be looked up by. */
export function not(operand: Predicate): Predicate {
  return { ...operand, needs: null, holds: (subject) => !operand.holds(subject) }
}

function needsOfAny(operands: readonly Predicate[]): readonly Literal[] | null {
  const needs: Literal[] = []
  for (const operand of operands) {
    if (operand.needs === null) return null
    needs.push(...operand.needs)
    if (needs.length > MOST_NEEDS) return null
  }
  return needs
}

/** The rarer what is needed seems, the better it is looked up by. */
function worth(needs: readonly Literal[] | null): number {
  if (needs === null) return 0
  const weights = needs.map(({ kind, value, field }) => {
    if (typeof value === 'number') return 40
    // Half of all flows are TCP, most are of no known service, and few fields have as few values as these.
    if (field.names.includes('proto') || field.names.includes('conn_state')) return 2
    if (field.names.includes('service') && value === 'unknown') return 2
    return kind === 'is' ? 60 : Math.min(50, value.length * 5)
  })
  return Math.min(...weights) - Math.log2(1 + needs.length) / 10
}

const sum = (operands: readonly Predicate[]): number =>
  operands.reduce((total, { cost }) => total + cost, 0)

const fieldsOf = (operands: readonly Predicate[]): readonly Field[] => [
  ...new Set(operands.flatMap(({ fields }) => fields)),
]
