/** What can be asked of one field. */
import type { IpAddress } from '../../../net/address.ts'
import { parseAddress } from '../../../net/address.ts'
import { cidrContains, type Cidr } from '../../../net/cidr.ts'
import type { Field, FieldValue } from '../fields/field.ts'
import type { Subject } from '../fields/subject.ts'
import type { Regex } from '../pattern/regex.ts'
import type { Glob } from './glob.ts'
import type { Literal, Predicate } from './predicate.ts'

/** The shortest text worth being looked up by. */
const SHORTEST_LITERAL = 3
const Cost = { NUMBER: 1, ADDRESS: 2, SET: 3, GLOB: 10, REGEX: 100 } as const

/** The field is one of these, in any case. */
export function isOneOf(field: Field, values: readonly string[]): Predicate {
  const isNumeric = field.type === 'number'
  const keys = values.map((value) => (isNumeric ? Number(value) : value.toLowerCase()))
  const set = new Set<FieldValue>(keys)
  const needs = keys.map((value): Literal => ({ field, kind: 'is', value }))
  const cost = isNumeric ? Cost.NUMBER : Cost.SET
  return test(field, cost, needs, (subject) => {
    const value = subject.lower(field)
    return typeof value === 'object' && value !== null
      ? value.some((item) => set.has(item))
      : set.has(value)
  })
}

/** The field fits a text with wildcards. */
export function matchesGlob(field: Field, glob: Glob, isCased: boolean): Predicate {
  const text = glob.needed.toLowerCase()
  const needs: Literal[] | null =
    field.type === 'address' || text.length < SHORTEST_LITERAL
      ? null
      : [{ field, kind: 'holds', value: text }]
  const matches = (item: FieldValue): boolean => item !== null && glob.matches(String(item))
  const isSearchable = field.type === 'text' ? needs : null
  return test(field, Cost.GLOB, isSearchable, (subject) =>
    someValue(isCased ? subject.value(field) : subject.lower(field), matches),
  )
}

/** The field, as text, has a place where the expression fits. */
export function matchesRegex(field: Field, regex: Regex, isCaseless: boolean): Predicate {
  const matches = (item: FieldValue): boolean => item !== null && regex.test(String(item))
  return test(field, Cost.REGEX, null, (subject) =>
    someValue(isCaseless ? subject.lower(field) : subject.value(field), matches),
  )
}

/** The field is true, or is false. */
export function boolean(field: Field, wanted: boolean): Predicate {
  return test(field, Cost.NUMBER, null, (subject) => subject.value(field) === wanted)
}

/** The field is there, or is not. */
export function exists(field: Field, isThere: boolean): Predicate {
  return test(field, Cost.SET, null, (subject) => {
    const value = subject.value(field)
    const isEmpty = value === null || (typeof value === 'object' && value.length === 0)
    return isEmpty !== isThere
  })
}

const COMPARISONS = {
  gt: (value: number, than: number) => value > than,
  gte: (value: number, than: number) => value >= than,
  lt: (value: number, than: number) => value < than,
  lte: (value: number, than: number) => value <= than,
} as const

/** The field is a number below or above another. */
export function compared(
  field: Field,
  comparison: keyof typeof COMPARISONS,
  than: number,
): Predicate {
  const compare = COMPARISONS[comparison]
  return test(field, Cost.NUMBER, null, (subject) =>
    someValue(subject.value(field), (item) => typeof item === 'number' && compare(item, than)),
  )
}

/** Two fields of one subject are the same, or one is in the other. */
export function equalFields(
  field: Field,
  other: Field,
  {
    isOpenAtStart,
    isOpenAtEnd,
  }: { readonly isOpenAtStart: boolean; readonly isOpenAtEnd: boolean },
): Predicate {
  const fits = (one: string, two: string): boolean => {
    if (isOpenAtStart && isOpenAtEnd) return one.includes(two)
    if (isOpenAtStart) return one.endsWith(two)
    return isOpenAtEnd ? one.startsWith(two) : one === two
  }
  const base = test(field, Cost.GLOB, null, (subject) => {
    const two = subject.lower(other)
    if (two === null || typeof two === 'object') return false
    return someValue(subject.lower(field), (one) => one !== null && fits(String(one), String(two)))
  })
  return { ...base, fields: [field, other] }
}

/**
 * The address lies in one of the ranges.
 *
 * Cost: a flow's own addresses are compared as integers, single ones by one look into a set.
 */
export function addressIn(field: Field, ranges: readonly Cidr[]): Predicate {
  const { side } = field
  if (side === undefined) {
    const isWithin = (item: FieldValue): boolean => {
      const address = typeof item === 'string' ? parseAddress(item) : null
      return address !== null && ranges.some((range) => cidrContains(range, address))
    }
    return test(field, Cost.GLOB, null, (subject) => someValue(subject.value(field), isWithin))
  }
  const singles = new Set<number>()
  const others: Cidr[] = []
  for (const range of ranges) {
    const { family, words } = range.network
    if (family === 4 && range.prefix === 32) singles.add(words[3] | 0)
    else others.push(range)
  }
  const at = side * 4
  return test(field, Cost.ADDRESS, null, (subject) => {
    const words = subject.addressWords
    if (subject.flow.ipVersion === 4 && singles.has(words[at + 3]!)) return true
    return others.some((range) => liesIn(range, subject.flow.ipVersion, words, at))
  })
}

function liesIn(
  { network, prefix }: Cidr,
  ipVersion: number,
  words: Int32Array,
  at: number,
): boolean {
  if (network.family !== ipVersion) return false
  return network.family === 4
    ? isSamePrefix(network.words[3], words[at + 3]!, prefix)
    : liesIn6(network, prefix, words, at)
}

function liesIn6(network: IpAddress, prefix: number, words: Int32Array, at: number): boolean {
  for (let word = 0; word * 32 < prefix; word += 1) {
    const bits = Math.min(32, prefix - word * 32)
    if (!isSamePrefix(network.words[word]!, words[at + word]!, bits)) return false
  }
  return true
}

const isSamePrefix = (one: number, other: number, bits: number): boolean =>
  bits === 0 || (one ^ other) >>> (32 - bits) === 0

/** Texts of the fields of a subject hold what is looked for, in whichever field. */
export function keyword(fields: readonly Field[], glob: Glob, isCased: boolean): Predicate {
  const matches = (item: FieldValue): boolean => item !== null && glob.matches(String(item))
  return {
    cost: Cost.GLOB * fields.length,
    needs: null,
    fields: [],
    holds: (subject) =>
      fields.some((field) =>
        someValue(isCased ? subject.value(field) : subject.lower(field), matches),
      ),
  }
}

function someValue(value: FieldValue, fits: (item: FieldValue) => boolean): boolean {
  return typeof value === 'object' && value !== null ? value.some(fits) : fits(value)
}

function test(
  field: Field,
  cost: number,
  needs: readonly Literal[] | null,
  holds: (subject: Subject) => boolean,
): Predicate {
  return { cost, needs, fields: [field], holds }
}
