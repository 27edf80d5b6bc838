/** One line of a selection, `field|modifier: value`, as a predicate. */
import type { Place, YamlNode } from '../../../core/schema/yaml.ts'
import type { Category } from '../fields/categories.ts'
import type { Field } from '../fields/field.ts'
import { allOf, anyOf, not, type Predicate } from '../match/predicate.ts'
import {
  addressIn,
  boolean,
  compared,
  equalFields,
  exists,
  isOneOf,
  matchesGlob,
  matchesRegex,
} from '../match/field-tests.ts'
import { Glob } from '../match/glob.ts'
import { Regex, RegexFault } from '../pattern/regex.ts'
import { parseCidr, type Cidr } from '../../../net/cidr.ts'
import { encoded } from './values/encodings.ts'
import { didYouMean, Refusal } from './fault.ts'
import { readModifiers, type Modifiers } from './values/modifiers.ts'
import { booleanOf, textOf, valuesOf, type ScalarNode } from './tree.ts'

/** Compiles one line. Errors: `Refusal`. */
export function fieldItem(key: string, node: YamlNode, category: Category, at: Place): Predicate {
  const [name = '', ...words] = key.split('|')
  const field = fieldNamed(name, category, at)
  const modifiers = readModifiers(words, at)
  const values = valuesOf(node)
  if (isPlain(modifiers)) for (const value of values) refuseImpossible(field, value)
  const item = compiled(field, values, modifiers, category)
  return modifiers.isNegated ? not(item) : item
}

/** Finds a field of the category by any of its names. Errors: `Refusal`. */
export function fieldNamed(name: string, category: Category, at: Place): Field {
  const field = category.byName.get(name.toLowerCase())
  if (field !== undefined) return field
  const near = didYouMean(name, category.byName.keys())
  throw new Refusal(
    at,
    `${category.name} has no field '${name}'${near || '; picket rules fields lists them'}`,
  )
}

function compiled(
  field: Field,
  values: readonly ScalarNode[],
  modifiers: Modifiers,
  category: Category,
): Predicate {
  if (modifiers.comparison === null && !modifiers.isAll) {
    const together = takenTogether(field, values, modifiers)
    if (together !== null) return together
  }
  const tests = values.map((value) => oneValue(field, value, modifiers, category))
  return modifiers.isAll ? allOf(tests) : anyOf(tests)
}

/** Many plain values are one look into a set. */
function takenTogether(
  field: Field,
  values: readonly ScalarNode[],
  modifiers: Modifiers,
): Predicate | null {
  const { isOpenAtStart, isOpenAtEnd, isCased, encodings } = modifiers
  if (isOpenAtStart || isOpenAtEnd || isCased || encodings.length > 0) return null
  if (field.type === 'boolean' || values.some(({ value }) => value === null)) return null
  if (field.type === 'address') {
    const ranges = values.map((value) => parseCidr(sourceOf(value)))
    return ranges.every((range): range is Cidr => range !== null) ? addressIn(field, ranges) : null
  }
  const plain = values.map((value) => Glob.of(wordFor(field, value)).plain)
  return plain.every((text): text is string => text !== null) ? isOneOf(field, plain) : null
}

const isPlain = ({ comparison, isOpenAtStart, isOpenAtEnd, encodings }: Modifiers): boolean =>
  comparison === null && !isOpenAtStart && !isOpenAtEnd && encodings.length === 0

/** A rule that can never hold is a mistake of whoever wrote it, and would go unnoticed. */
function refuseImpossible(field: Field, value: ScalarNode): void {
  const { plain } = Glob.of(wordFor(field, value))
  if (value.value === null || plain === null || plain === '') return
  const name = field.names[0]!
  if (field.type === 'number' && Number.isNaN(Number(plain))) {
    throw new Refusal(value, `${name} is a number, which '${plain}' is not`)
  }
  if (field.type === 'address' && parseCidr(plain) === null) {
    throw new Refusal(value, `${name} is an address, which '${plain}' is not`)
  }
}

function oneValue(
  field: Field,
  value: ScalarNode,
  modifiers: Modifiers,
  category: Category,
): Predicate {
  const { comparison } = modifiers
  switch (comparison) {
    case null:
      return plainValue(field, value, modifiers)
    case 'exists':
      return exists(field, booleanOf(value, 'exists'))
    case 're':
      return matchesRegex(field, regexOf(value, modifiers), modifiers.regexFlags.isCaseless)
    case 'cidr':
      return addressIn(field, [rangeOf(value)])
    case 'fieldref': {
      const other = fieldNamed(textOf(value, 'fieldref'), category, value)
      return equalFields(field, other, modifiers)
    }
    default:
      return compared(field, comparison, numberIn(field, value, comparison))
  }
}

/** As it was written, or as the field has it. */
function wordFor({ synonyms = {} }: Field, value: ScalarNode): string {
  const source = sourceOf(value)
  const word = source.toLowerCase()
  return Object.hasOwn(synonyms, word) ? synonyms[word]! : source
}

function plainValue(field: Field, value: ScalarNode, modifiers: Modifiers): Predicate {
  const { isCased, isOpenAtStart, isOpenAtEnd, encodings } = modifiers
  if (value.value === null) return exists(field, false)
  if (field.type === 'boolean') return boolean(field, booleanOf(value, field.names[0]!))
  const globs = encoded(sourceOf(value), encodings, value).map((text) =>
    // What was encoded is compared letter by letter, wildcards or not.
    (encodings.length > 0 && !encodings.every((encoding) => encoding === 'windash')
      ? Glob.literal(isCased || hasBase64(encodings) ? text : text.toLowerCase())
      : Glob.of(text, isCased)
    ).within(isOpenAtStart, isOpenAtEnd),
  )
  const caseMatters = isCased || hasBase64(encodings)
  return anyOf(globs.map((glob) => matchesGlob(field, glob, caseMatters)))
}

const hasBase64 = (encodings: Modifiers['encodings']): boolean =>
  encodings.some((encoding) => encoding.startsWith('base64'))

/** As it was written: `007` stays what it is. */
const sourceOf = (value: ScalarNode): string =>
  typeof value.value === 'string' ? value.value : value.source

function regexOf(value: ScalarNode, { regexFlags }: Modifiers): Regex {
  try {
    return new Regex(textOf(value, 're'), regexFlags)
  } catch (fault) {
    if (!(fault instanceof RegexFault)) throw fault
    throw new Refusal(value, `the regular expression ${fault.message}`)
  }
}

function rangeOf(value: ScalarNode): Cidr {
  const text = textOf(value, 'cidr')
  const range = parseCidr(text)
  if (range === null) throw new Refusal(value, `'${text}' is no address range`)
  return range
}

function numberIn(field: Field, value: ScalarNode, comparison: string): number {
  if (field.type !== 'number') {
    throw new Refusal(value, `${comparison} wants a number, which ${field.names[0]!} is not`)
  }
  const number = Number(value.value)
  if (value.value === null || value.source === '' || Number.isNaN(number)) {
    throw new Refusal(value, `${comparison} wants a number`)
  }
  return number
}
