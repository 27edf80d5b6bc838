/** What traffic a rule is about, from its `logsource`. */
import { CATEGORIES, categoryNamed, categoryOfZeek, type Category } from '../fields/categories.ts'
import { Refusal } from './fault.ts'
import { mapOf, onlyKeys, optionalText, requiredOf, type MapNode } from './tree.ts'

const KEYS = ['category', 'product', 'service', 'definition']

/** Finds the category. Errors: `Refusal` for logs that are not of the network, which Picket does not see. */
export function readLogsource(rule: MapNode): Category {
  const node = mapOf(requiredOf(rule, 'logsource', 'the rule'), 'logsource')
  onlyKeys(node, 'logsource', KEYS)
  const category = optionalText(node, 'category')
  const product = optionalText(node, 'product')
  const service = optionalText(node, 'service')
  // Sigma's generic network events say in `service` which.
  const isGeneric = category === 'network' && service !== null
  const found =
    (isGeneric ? (categoryNamed(service) ?? categoryOfZeek(service)) : undefined) ??
    (category === null ? undefined : categoryNamed(category)) ??
    (product === 'zeek' && service !== null ? categoryOfZeek(service) : undefined) ??
    (product === 'picket' && service !== null ? categoryNamed(service) : undefined)
  if (found !== undefined) return found
  const words = [product, category, service].filter((word) => word !== null).join('/') || 'nothing'
  const known = CATEGORIES.map(({ name }) => name).join(', ')
  throw new Refusal(node, `Picket sees no log of ${words}; category is one of ${known}`)
}
