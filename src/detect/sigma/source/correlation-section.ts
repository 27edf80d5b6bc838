/** Correlation rules (Sigma correlation rules 2.0): hits of other rules counted, or met, within a span of time. */
import { counted } from '../../../core/text/amount.ts'
import {
  BOUNDS,
  CORRELATION_TYPES,
  type CorrelationRule,
  type CorrelationType,
  type DetectionRule,
  type RuleHead,
} from '../rule.ts'
import type { Field } from '../fields/field.ts'
import { didYouMean, Refusal } from './fault.ts'
import type { Category } from '../fields/categories.ts'
import type { Place } from '../../../core/schema/yaml.ts'
import { fieldNamed } from './field-item.ts'
import { readRoles } from './roles.ts'
import {
  booleanOf,
  mapOf,
  numberOf,
  onlyKeys,
  requiredOf,
  textOf,
  textsOf,
  valueOf,
  wordOf,
  type MapNode,
} from './tree.ts'

const KEYS = ['type', 'rules', 'group-by', 'timespan', 'condition', 'aliases', 'generate']
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }
const LONGEST_SPAN_SECONDS = 31 * 86_400
/** Values are kept, each, until they are too old: so many for each group. */
const MOST_VALUES = 1000
const MOST_EVENTS = 1_000_000
const MOST_AMOUNT = 1e15
const MOST_FIELDS = 8
const MOST_RULES = 32

/** A rule that correlations may count: a correlation too, which is judged by what completed it. */
export type ReferredRule = DetectionRule | CorrelationRule

/** The names in a correlation's list of rules, as far as it has one. */
export function namesReferredTo(rule: MapNode): readonly string[] {
  const section = valueOf(rule, 'correlation')
  const node = section?.kind === 'map' ? valueOf(section, 'rules') : undefined
  if (node === undefined || node.kind === 'map') return []
  const items = node.kind === 'list' ? node.items : [node]
  return items.flatMap((item) => (item.kind === 'scalar' ? [item.source] : []))
}

/** Reads a correlation over rules that are known by name or id. Errors: `Refusal`. */
export function readCorrelation(
  rule: MapNode,
  head: RuleHead,
  known: ReadonlyMap<string, ReferredRule>,
): CorrelationRule {
  const section = mapOf(requiredOf(rule, 'correlation', 'the rule'), 'correlation')
  onlyKeys(section, 'correlation', KEYS)
  const type = wordOf(requiredOf(section, 'type', 'correlation'), 'type', CORRELATION_TYPES)
  const rules = referredTo(section, known)
  const categories = new Set(rules.map(({ category }) => category))
  const generate = valueOf(section, 'generate') ?? valueOf(rule, 'generate')
  return {
    ...head,
    type,
    rules: rules.map(({ key }) => key),
    groupBy: groupFields(section, rules),
    counted: type.startsWith('value_') ? countedFields(section, rules, type) : null,
    timespanUs: timespanOf(section) * 1e6,
    bounds: type.startsWith('temporal')
      ? meetingBounds(section, type, rules)
      : boundsOf(section, type),
    generates: generate === undefined ? false : booleanOf(generate, 'generate'),
    category: categories.size === 1 ? rules[0]!.category : null,
    roles: rules.map(({ category }) => readRoles(rule, category, head.family)),
  }
}

function referredTo(section: MapNode, known: ReadonlyMap<string, ReferredRule>): MemberRule[] {
  const node = requiredOf(section, 'rules', 'correlation')
  const names = textsOf(node, 'rules')
  if (names.length > MOST_RULES) throw new Refusal(node, `more than ${MOST_RULES} rules`)
  return names.map((name) => {
    const rule = known.get(name)
    if (rule !== undefined) return memberOf(rule, node)
    const near = didYouMean(name, known.keys())
    throw new Refusal(node, `rules names '${name}', which is no rule in force${near}`)
  })
}

/** A rule whose hits bring fields of one category to count and group by. */
interface MemberRule extends RuleHead {
  readonly category: Category
}

/** Errors: `Refusal` for a correlation whose hits do not come with one thing that was seen. */
function memberOf(rule: ReferredRule, at: Place): MemberRule {
  if (!('bounds' in rule)) return rule
  const { key, category } = rule
  if (category === null) {
    throw new Refusal(
      at,
      `'${key}' joins rules of several categories, so its hits have no fields to count by`,
    )
  }
  const isProvedAtOnce = rule.bounds.every(({ bound }) => bound === 'gt' || bound === 'gte')
  if (!isProvedAtOnce || rule.type === 'value_avg') {
    throw new Refusal(
      at,
      `'${key}' holds only when its span is over, so its hits have no fields to count by; gt and gte of other types hold at once`,
    )
  }
  return { ...rule, category }
}

function timespanOf(section: MapNode): number {
  const node = requiredOf(section, 'timespan', 'correlation')
  const text = textOf(node, 'timespan')
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const seconds = Number(count) * (UNIT_SECONDS[unit] ?? 0)
  if (seconds >= 1 && seconds <= LONGEST_SPAN_SECONDS) return seconds
  throw new Refusal(node, `timespan '${text}' is not between 1s and 31d (such as 30s, 5m, 2h)`)
}

/** A name may stand for another field in each rule, by `aliases`. */
function groupFields(section: MapNode, rules: readonly MemberRule[]): (readonly Field[])[] {
  const node = valueOf(section, 'group-by')
  const names = node === undefined ? [] : textsOf(node, 'group-by')
  const aliases = aliasesOf(section)
  return rules.map((rule) =>
    names.map((name) => {
      const alias = aliases.get(name)
      const own = [rule.name, rule.id, rule.key].flatMap((key) =>
        key === null ? [] : (alias?.get(key) ?? []),
      )[0]
      return fieldNamed(own ?? name, rule.category, node ?? section)
    }),
  )
}

function aliasesOf(section: MapNode): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const node = valueOf(section, 'aliases')
  if (node === undefined) return new Map()
  return new Map(
    mapOf(node, 'aliases').entries.map(({ key, value }) => [
      key,
      new Map(
        mapOf(value, `alias ${key}`).entries.map((entry) => [
          entry.key,
          textOf(entry.value, `alias ${key}`),
        ]),
      ),
    ]),
  )
}

function conditionOf(section: MapNode): MapNode {
  return mapOf(requiredOf(section, 'condition', 'correlation'), 'condition')
}

function boundsOf(section: MapNode, type: CorrelationType): CorrelationRule['bounds'] {
  const node = conditionOf(section)
  onlyKeys(node, 'condition', [...BOUNDS, 'field'])
  const isAmount = type === 'value_sum' || type === 'value_avg'
  const most = isAmount ? MOST_AMOUNT : type === 'event_count' ? MOST_EVENTS : MOST_VALUES
  const bounds = BOUNDS.flatMap((bound) => {
    const value = valueOf(node, bound)
    if (value === undefined) return []
    const count = numberOf(value, bound, 0, most)
    if (!isAmount && !Number.isInteger(count)) {
      throw new Refusal(value, `${bound} is no whole number`)
    }
    return [{ bound, count }]
  })
  if (bounds.length > 0) return bounds
  throw new Refusal(node, `condition has none of ${BOUNDS.join(', ')}`)
}

/** All of the rules, unless a condition wants fewer; in order that would be another order. */
function meetingBounds(
  section: MapNode,
  type: CorrelationType,
  { length }: readonly MemberRule[],
): CorrelationRule['bounds'] {
  const node = valueOf(section, 'condition')
  if (node === undefined) return [{ bound: 'gte', count: length }]
  const bounds = boundsOf(section, type)
  const isMet = (count: number): boolean =>
    bounds.every(({ bound, count: than }) => (bound === 'gt' ? count > than : count >= than))
  if (bounds.some(({ bound }) => bound !== 'gt' && bound !== 'gte') || !isMet(length)) {
    throw new Refusal(
      node,
      `${type} takes gt and gte, for how many of its ${counted(length, 'rule')} must be met`,
    )
  }
  if (type === 'temporal_ordered' && isMet(length - 1)) {
    throw new Refusal(node, 'temporal_ordered wants all of its rules met; leave rules out instead')
  }
  return bounds
}

function countedFields(
  section: MapNode,
  rules: readonly MemberRule[],
  type: CorrelationType,
): readonly (readonly Field[])[] {
  const node = requiredOf(conditionOf(section), 'field', `the condition of ${type}`)
  const names = textsOf(node, 'field')
  const isAmount = type !== 'value_count'
  if (names.length > (isAmount ? 1 : MOST_FIELDS)) {
    throw new Refusal(
      node,
      `${type} takes no more than ${isAmount ? 'one field' : `${MOST_FIELDS} fields`}`,
    )
  }
  return rules.map(({ category }) =>
    names.map((name) => {
      const field = fieldNamed(name, category, node)
      if (!isAmount || field.type === 'number') return field
      throw new Refusal(node, `${type} wants a number, which ${name} is not`)
    }),
  )
}
