/** Takes values out of a rule's YAML, or refuses the rule with the place and the reason. */
import type { YamlMap, YamlNode, YamlScalar, Place } from '../../../core/schema/yaml.ts'
import { didYouMean, Refusal } from './fault.ts'

export type MapNode = YamlMap & Place
export type ScalarNode = YamlScalar & Place

const MOST_VALUES = 20_000

/** A map. Errors, here and below: `Refusal` with the node's place. */
export function mapOf(node: YamlNode, what: string): MapNode {
  if (node.kind === 'map') return node
  throw new Refusal(node, `${what} is no map`)
}

/** The value under a key; undefined where there is none. */
export function valueOf(map: MapNode, key: string): YamlNode | undefined {
  return map.entries.find((entry) => entry.key === key)?.value
}

/** The value under a key that must be there. */
export function requiredOf(map: MapNode, key: string, what: string): YamlNode {
  const value = valueOf(map, key)
  if (value === undefined) throw new Refusal(map, `${what} has no ${key}`)
  return value
}

/** A text that is not empty; numbers are taken as they were written. */
export function textOf(node: YamlNode, what: string): string {
  if (node.kind === 'scalar' && node.value !== null && node.source.trim() !== '') {
    return typeof node.value === 'string' ? node.value : node.source
  }
  throw new Refusal(node, `${what} is no text`)
}

/** The text under a key; null where there is none. */
export function optionalText(map: MapNode, key: string): string | null {
  const value = valueOf(map, key)
  if (value === undefined || (value.kind === 'scalar' && value.value === null)) return null
  return textOf(value, key)
}

/** A list of texts, or one text for a list of one. */
export function textsOf(node: YamlNode, what: string): string[] {
  if (node.kind === 'list') return node.items.map((item) => textOf(item, `an entry of ${what}`))
  return [textOf(node, what)]
}

/** A number between bounds, both included. */
export function numberOf(node: YamlNode, what: string, least: number, most: number): number {
  const value = node.kind === 'scalar' ? node.value : null
  if (typeof value === 'number' && value >= least && value <= most) return value
  throw new Refusal(node, `${what} is no number from ${least} to ${most}`)
}

/** Also as Zeek writes it (`T`, `F`), and as who quotes everything does. */
export function booleanOf(node: YamlNode, what: string): boolean {
  const word = node.kind === 'scalar' ? String(node.value).toLowerCase() : ''
  if (word === 'true' || word === 't') return true
  if (word === 'false' || word === 'f') return false
  throw new Refusal(node, `${what} is neither true nor false`)
}

/** One of a closed set of words. */
export function wordOf<Word extends string>(
  node: YamlNode,
  what: string,
  words: readonly Word[],
): Word {
  const text = textOf(node, what)
  const word = words.find((one) => one === text)
  if (word !== undefined) return word
  throw new Refusal(node, `${what} '${text}' is not one of ${words.join(', ')}`)
}

/** Refuses keys that nobody would look at: a misspelt one would be a rule that does something else. */
export function onlyKeys(map: MapNode, what: string, known: readonly string[]): void {
  for (const { key, line, column } of map.entries) {
    if (known.includes(key)) continue
    throw new Refusal({ line, column }, `${what} knows no '${key}'${didYouMean(key, known)}`)
  }
}

/** The scalars of a value: itself, or the entries of a list. Errors: `Refusal`. */
export function valuesOf(node: YamlNode): readonly ScalarNode[] {
  const items = node.kind === 'list' ? node.items : [node]
  if (items.length === 0) throw new Refusal(node, 'a list of values is empty')
  if (items.length > MOST_VALUES) throw new Refusal(node, `more than ${MOST_VALUES} values`)
  return items.map((item) => {
    if (item.kind === 'scalar') return item
    throw new Refusal(item, 'a value is neither text, number, true, false nor null')
  })
}
