/** The `detection` of a rule: its searches and the condition over them, as one predicate. */
import type { Place, YamlNode } from '../../../core/schema/yaml.ts'
import type { Category } from '../fields/categories.ts'
import type { Field, Moment } from '../fields/field.ts'
import { keyword } from '../match/field-tests.ts'
import { Glob } from '../match/glob.ts'
import { allOf, anyOf, atLeast, not, type Predicate } from '../match/predicate.ts'
import { readCondition, type Condition } from './condition.ts'
import { encoded } from './values/encodings.ts'
import { Refusal } from './fault.ts'
import { fieldItem } from './field-item.ts'
import { readModifiers } from './values/modifiers.ts'
import { mapOf, requiredOf, textsOf, valuesOf, type MapNode } from './tree.ts'

export interface ReadDetection {
  readonly predicate: Predicate
  readonly moments: readonly Moment[]
  readonly isInSum: boolean
}

const NO_SEARCHES = ['condition', 'timeframe']

/** Compiles the detection. Errors: `Refusal`. */
export function readDetection(rule: MapNode, category: Category): ReadDetection {
  const detection = mapOf(requiredOf(rule, 'detection', 'the rule'), 'detection')
  const conditionNode = requiredOf(detection, 'condition', 'detection')
  const timeframe = detection.entries.find(({ key }) => key === 'timeframe')
  if (timeframe !== undefined) {
    throw new Refusal(timeframe, 'timeframe is no longer part of Sigma; write a correlation rule')
  }
  const searches = new Map<string, Predicate>()
  let hasKeywords = false
  for (const { key, value, ...at } of detection.entries) {
    if (NO_SEARCHES.includes(key)) continue
    searches.set(key, search(value, category, at))
    hasKeywords ||= searches.get(key)!.fields.length === 0
  }
  const names = [...searches.keys()]
  const operands = textsOf(conditionNode, 'condition').map((text) =>
    compiled(readCondition(text, names, conditionNode), searches),
  )
  const predicate = anyOf(operands)
  const fields = predicate.fields
  return {
    predicate,
    moments: momentsOf(fields, category, hasKeywords),
    isInSum: fields.every(({ isInSum }) => isInSum),
  }
}

/** A map (all of it), a list of maps (one of them), or a list of keywords (one of them). */
function search(node: YamlNode, category: Category, at: Place): Predicate {
  if (node.kind === 'map') return allItems(node, category)
  if (node.kind === 'scalar') return keywords([''], node, category, at)
  if (node.items.length === 0) throw new Refusal(node, 'a search is empty')
  const maps = node.items.filter((item) => item.kind === 'map')
  if (maps.length === 0) return keywords([''], node, category, at)
  if (maps.length < node.items.length) {
    throw new Refusal(node, 'a search mixes maps and keywords')
  }
  return anyOf(maps.map((item) => allItems(item, category)))
}

function allItems(map: MapNode, category: Category): Predicate {
  if (map.entries.length === 0) throw new Refusal(map, 'a search is empty')
  return allOf(
    map.entries.map(({ key, value, ...at }) =>
      key === '' || key.startsWith('|')
        ? keywords(key.split('|').slice(1), value, category, at)
        : fieldItem(key, value, category, at),
    ),
  )
}

/** Words that may stand in any text of what is judged. */
function keywords(
  words: readonly string[],
  node: YamlNode,
  category: Category,
  at: Place,
): Predicate {
  const fields = category.fields.filter(
    ({ type, moments }) => type === 'text' && !moments.includes('flow') && !moments.includes('end'),
  )
  if (fields.length === 0) {
    throw new Refusal(at, `${category.name} has no texts to look for keywords in; name a field`)
  }
  const modifiers = readModifiers(
    words.filter((word) => word !== ''),
    at,
  )
  const tests = valuesOf(node).flatMap((value) =>
    encoded(String(value.value ?? ''), modifiers.encodings, value).map((text) =>
      keyword(fields, Glob.of(text, modifiers.isCased).within(true, true), modifiers.isCased),
    ),
  )
  return modifiers.isAll ? allOf(tests) : anyOf(tests)
}

function compiled(condition: Condition, searches: ReadonlyMap<string, Predicate>): Predicate {
  const one = (operand: Condition): Predicate => compiled(operand, searches)
  switch (condition.kind) {
    case 'search':
      return searches.get(condition.name)!
    case 'not':
      return not(one(condition.operand))
    case 'and':
      return allOf(condition.operands.map(one))
    case 'or':
      return anyOf(condition.operands.map(one))
    case 'of':
      return atLeast(
        condition.least,
        condition.names.map((name) => searches.get(name)!),
      )
  }
}

/**
 * When a rule can be judged: at the message that has all its fields, at the end where no single one has.
 *
 * Of a request and the exchange that it begins the request is taken, of a query and its response the query:
 * once is enough, and earlier is better.
 */
function momentsOf(
  fields: readonly Field[],
  category: Category,
  hasKeywords: boolean,
): readonly Moment[] {
  const own = fields.filter(({ moments }) => !moments.includes('flow'))
  if (own.length === 0 && !hasKeywords) return ['end']
  const all = new Set(category.fields.flatMap(({ moments }) => moments))
  const shared = [...all].filter(
    (moment) => moment !== 'flow' && own.every(({ moments }) => moments.includes(moment)),
  )
  if (hasKeywords && own.length === 0) {
    return shared.filter((moment) => moment !== 'end' && moment !== 'http-exchange')
  }
  if (shared.includes('http-request')) return ['http-request']
  if (shared.includes('dns-query')) return ['dns-query']
  return shared.length === 0 ? ['end'] : shared
}
