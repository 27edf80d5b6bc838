/** Placeholders (`%name%` behind the modifier `expand`): values that stand in the configuration, not in the rule. */
import type { Place, YamlNode } from '../../../../core/schema/yaml.ts'
import { didYouMean, Refusal } from '../fault.ts'
import { valuesOf, type MapNode, type ScalarNode } from '../tree.ts'

/** Names of placeholders to what they stand for. */
export type Placeholders = Readonly<Record<string, readonly (string | number)[]>>

/** `\%` is a percent sign. */
const PLACEHOLDER = /(?<!\\)%([\w.-]+)%/
const MOST_EXPANDED = 20_000

/**
 * Gives the rule with every value behind `expand` written out, as if its author had.
 *
 * Wildcards in a list's values work as they do in a rule. Errors: `Refusal` for a placeholder that is not
 * configured, values of which none has one, and more than 20,000 values.
 * Source: Sigma 2.1, appendix "Modifiers", `expand`, as a list of values.
 */
export function withPlaceholders(rule: MapNode, placeholders: Placeholders): MapNode {
  return expandedMap(rule, placeholders)
}

function expandedMap(map: MapNode, placeholders: Placeholders): MapNode {
  const entries = map.entries.map((entry) => {
    const isExpanded = entry.key.split('|').slice(1).includes('expand')
    const { key, value } = entry
    const written = isExpanded
      ? expandedList(value, placeholders)
      : expandedNode(value, placeholders)
    const words = key.split('|').filter((word, index) => index === 0 || word !== 'expand')
    return { ...entry, key: words.join('|'), value: written }
  })
  return { ...map, entries }
}

function expandedNode(node: YamlNode, placeholders: Placeholders): YamlNode {
  if (node.kind === 'map') return expandedMap(node, placeholders)
  if (node.kind === 'scalar') return node
  return { ...node, items: node.items.map((item) => expandedNode(item, placeholders)) }
}

function expandedList(node: YamlNode, placeholders: Placeholders): YamlNode {
  const { line, column } = node
  const values = valuesOf(node)
  if (!values.some(({ source }) => PLACEHOLDER.test(source))) {
    throw new Refusal(node, `expand finds no placeholder such as %name% in '${values[0]!.source}'`)
  }
  const items = values.flatMap((value) => expandedValue(value, placeholders))
  if (items.length > MOST_EXPANDED) throw tooMany(node)
  return { kind: 'list', items, line, column }
}

/** Several placeholders in one value give every combination. */
function expandedValue(value: ScalarNode, placeholders: Placeholders): ScalarNode[] {
  // Text and names take turns.
  const parts = value.source.split(PLACEHOLDER)
  const texts = parts.reduce<string[]>(
    (before, part, index) => {
      const values = index % 2 === 0 ? [unescaped(part)] : namedValues(part, placeholders, value)
      if (before.length * values.length > MOST_EXPANDED) throw tooMany(value)
      return before.flatMap((text) => values.map((one) => `${text}${one}`))
    },
    [''],
  )
  return texts.map((text) => ({ ...value, value: text, source: text }))
}

const unescaped = (text: string): string => text.replaceAll('\\%', '%')

function namedValues(
  name: string,
  placeholders: Placeholders,
  at: Place,
): readonly (string | number)[] {
  const names = Object.keys(placeholders)
  // Not `placeholders[name]` alone: `constructor` is no placeholder.
  if (names.includes(name)) return placeholders[name]!
  const known = names.length === 0 ? '' : didYouMean(name, names)
  throw new Refusal(at, `%${name}% is not among detect.sigma.placeholders${known}`)
}

const tooMany = (at: Place): Refusal =>
  new Refusal(at, `placeholders make more than ${MOST_EXPANDED} values`)
