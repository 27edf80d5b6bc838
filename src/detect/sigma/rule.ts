/** Rules as they are in force: what is looked for, and how it is told. */
import type { Family, RuleKind } from '../detection.ts'
import type { Category } from './fields/categories.ts'
import type { Field, Moment } from './fields/field.ts'
import type { Predicate } from './match/predicate.ts'

export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const
export type Level = (typeof LEVELS)[number]

/** What a level is on the scale of severities: below 4 is notable only, from 7 on somebody is woken. */
export const SEVERITY_OF_LEVEL: Readonly<Record<Level, number>> = {
  informational: 1,
  low: 3,
  medium: 5,
  high: 7,
  critical: 9,
}

/** Who is who in the events of a rule: fields, or null where nobody is to be named. */
export interface Roles {
  readonly attacker: Field | null
  readonly victim: Field | null
  readonly host: Field | null
  readonly domain: Field | null
}

/** What detection and correlation rules have in common. */
export interface RuleHead {
  /** Name, else id, else file: by it rules are disabled, referred to, and told apart over reloads. */
  readonly key: string
  readonly id: string | null
  readonly name: string | null
  readonly title: string
  readonly description: string | null
  readonly file: string
  readonly line: number
  readonly origin: 'shipped' | 'user'
  readonly level: Level
  readonly severity: number
  readonly confidence: number
  /** Event kind. */
  readonly kind: RuleKind
  readonly family: Family
  /** ATT&CK techniques. */
  readonly mitre: readonly string[]
  readonly falsePositives: readonly string[]
  /** Hash of the text: a rule that was not touched keeps its state over a reload. */
  readonly digest: string
}

export interface DetectionRule extends RuleHead {
  readonly category: Category
  /** When it is judged. */
  readonly moments: readonly Moment[]
  /** It can be judged on flows that lie in the log. */
  readonly isInSum: boolean
  readonly predicate: Predicate
  readonly roles: Roles
  /** Fields that the rule looks at, to be told as its evidence. */
  readonly evidence: readonly Field[]
}

export const CORRELATION_TYPES = [
  'event_count',
  'value_count',
  'value_sum',
  'value_avg',
  'temporal',
  'temporal_ordered',
] as const
export type CorrelationType = (typeof CORRELATION_TYPES)[number]

export const BOUNDS = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const
export type Bound = (typeof BOUNDS)[number]

export interface CorrelationRule extends RuleHead {
  readonly type: CorrelationType
  /** What its hits are seen in; null where its rules look at several categories. */
  readonly category: Category | null
  /** Keys of the rules whose hits are counted, in order; correlations among them come before this one. */
  readonly rules: readonly string[]
  /** Fields by which hits are kept apart, for each rule in the order of `rules`. */
  readonly groupBy: readonly (readonly Field[])[]
  /** What values are counted, summed up or averaged, for each rule; of several fields their combinations. */
  readonly counted: readonly (readonly Field[])[] | null
  readonly timespanUs: number
  /** All must hold; of a temporal rule for how many of its rules have hit. */
  readonly bounds: readonly { readonly bound: Bound; readonly count: number }[]
  /** The rules it refers to make events of their own too. */
  readonly generates: boolean
  /** For each rule. */
  readonly roles: readonly Roles[]
}
