/**
 * Reads a regular expression as a tree: the part of the usual syntax that can be matched in linear time.
 *
 * Left out, and refused: look-around, back-references, named groups, Unicode properties.
 */

/** Characters as pairs of code units, first and last. */
export interface CharacterSet {
  readonly ranges: readonly (readonly [number, number])[]
  readonly isNegated: boolean
}

export type RegexNode =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'any' }
  | { readonly kind: 'start' | 'end' | 'boundary' | 'no-boundary' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly RegexNode[] }
  | {
      readonly kind: 'repeat'
      readonly part: RegexNode
      readonly least: number
      readonly most: number
    }

/** What is wrong with the expression, in words. */
export class RegexFault extends Error {}

const LONGEST = 2000
const DEEPEST = 40
const MOST_REPEATS = 500
const DIGIT: CharacterSet['ranges'] = [[0x30, 0x39]]
const WORD: CharacterSet['ranges'] = [[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]] // prettier-ignore
const SPACE: CharacterSet['ranges'] = [[9, 13], [32, 32], [0xa0, 0xa0], [0x2028, 0x2029], [0xfeff, 0xfeff]] // prettier-ignore
const CLASSES: Readonly<Record<string, CharacterSet['ranges']>> = { d: DIGIT, w: WORD, s: SPACE }
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, 0: 0 }

/** Says whether a code unit is a letter, digit or underscore. */
export function isWordUnit(unit: number): boolean {
  return WORD.some(([first, last]) => unit >= first && unit <= last)
}

/** Reads an expression; flags in front of it (`(?i)`) are returned apart. Errors: `RegexFault`. */
export function parseRegex(text: string): { readonly node: RegexNode; readonly flags: string } {
  if (text.length > LONGEST) throw new RegexFault(`is longer than ${LONGEST} characters`)
  const [head = '', flags = ''] = /^\(\?([ims]+)\)/.exec(text) ?? []
  return { node: new RegexReader(text.slice(head.length)).whole(), flags }
}

class RegexReader {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): RegexNode {
    const node = this.#choice()
    if (this.#at < this.#text.length) throw new RegexFault("has a ')' that closes nothing")
    return node
  }

  #choice(): RegexNode {
    this.#depth += 1
    if (this.#depth > DEEPEST) throw new RegexFault('is nested too deeply')
    const parts = [this.#sequence()]
    while (this.#take('|')) parts.push(this.#sequence())
    this.#depth -= 1
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts }
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = []
    for (;;) {
      const next = this.#text[this.#at]
      if (next === undefined || next === '|' || next === ')') return { kind: 'sequence', parts }
      parts.push(this.#repeated(this.#atom(next)))
    }
  }

  #repeated(part: RegexNode): RegexNode {
    const bounds = this.#bounds()
    if (bounds === null) return part
    const [least, most] = bounds
    // Lazy or not, and whether it may give back, changes what is captured, not whether it matches.
    if (!this.#take('?') && this.#take('+')) throw new RegexFault('has a possessive quantifier')
    if (this.#bounds() !== null) throw new RegexFault('has two quantifiers in a row')
    return { kind: 'repeat', part, least, most }
  }

  #bounds(): readonly [number, number] | null {
    if (this.#take('*')) return [0, Infinity]
    if (this.#take('+')) return [1, Infinity]
    if (this.#take('?')) return [0, 1]
    const rest = /^\{(\d{1,6})(,(\d{0,6}))?\}/.exec(this.#text.slice(this.#at, this.#at + 16))
    if (rest === null) return null
    this.#at += rest[0].length
    const least = Number(rest[1])
    const most = rest[2] === undefined ? least : rest[3] === '' ? Infinity : Number(rest[3])
    if (most < least) throw new RegexFault(`has the empty range ${rest[0]}`)
    if (least > MOST_REPEATS || (most !== Infinity && most > MOST_REPEATS)) {
      throw new RegexFault(`repeats more than ${MOST_REPEATS} times`)
    }
    return [least, most]
  }

  #atom(next: string): RegexNode {
    this.#at += 1
    switch (next) {
      case '(':
        return this.#group()
      case '[':
        return { kind: 'set', set: this.#class() }
      case '.':
        return { kind: 'any' }
      case '^':
        return { kind: 'start' }
      case '$':
        return { kind: 'end' }
      case '\\':
        return this.#escape()
      case '*':
      case '+':
      case '?':
        throw new RegexFault(`has a '${next}' that repeats nothing`)
      default:
        return { kind: 'set', set: single(next.charCodeAt(0)) }
    }
  }

  #group(): RegexNode {
    if (this.#take('?') && !this.#take(':')) {
      throw new RegexFault('looks around, or names a group: only ( and (?: are taken')
    }
    const inner = this.#choice()
    if (!this.#take(')')) throw new RegexFault("has a '(' that is not closed")
    return inner
  }

  #escape(): RegexNode {
    const next = this.#text[this.#at] ?? ''
    if (next === 'b' || next === 'B') {
      this.#at += 1
      return { kind: next === 'b' ? 'boundary' : 'no-boundary' }
    }
    return { kind: 'set', set: this.#escapedSet() }
  }

  #escapedSet(): CharacterSet {
    const next = this.#text[this.#at]
    if (next === undefined) throw new RegexFault('ends in a backslash')
    this.#at += 1
    const ranges = CLASSES[next.toLowerCase()]
    if (ranges !== undefined) return { ranges, isNegated: next !== next.toLowerCase() }
    const control = CONTROLS[next]
    if (control !== undefined) return single(control)
    if (next === 'x' || next === 'u') return single(this.#hex(next === 'x' ? 2 : 4))
    if (/[A-Za-z1-9]/.test(next))
      throw new RegexFault(`has the escape \\${next}, which is not taken`)
    return single(next.charCodeAt(0))
  }

  #hex(digits: number): number {
    const text = this.#text.slice(this.#at, this.#at + digits)
    if (text.length < digits || !/^[\da-f]+$/i.test(text)) {
      throw new RegexFault('has an escape with too few hexadecimal digits')
    }
    this.#at += digits
    return Number.parseInt(text, 16)
  }

  #class(): CharacterSet {
    const isNegated = this.#take('^')
    const ranges: (readonly [number, number])[] = []
    for (let isFirst = true; ; isFirst = false) {
      const next = this.#text[this.#at]
      if (next === undefined) throw new RegexFault("has a '[' that is not closed")
      if (next === ']' && !isFirst) break
      const from = this.#member()
      const isRange = this.#text[this.#at] === '-' && !']'.includes(this.#text[this.#at + 1] ?? ']')
      if (!isRange) {
        ranges.push(...from)
        continue
      }
      this.#at += 1
      ranges.push(rangeOf(from, this.#member()))
    }
    this.#at += 1
    return { ranges, isNegated }
  }

  #member(): CharacterSet['ranges'] {
    const next = this.#text[this.#at]!
    this.#at += 1
    if (next !== '\\') return single(next.charCodeAt(0)).ranges
    if (this.#text[this.#at] === 'b') {
      this.#at += 1
      return single(8).ranges
    }
    const set = this.#escapedSet()
    return set.isNegated ? complementOf(set.ranges) : set.ranges
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }
}

const single = (unit: number): CharacterSet => ({ ranges: [[unit, unit]], isNegated: false })

function rangeOf(
  from: CharacterSet['ranges'],
  to: CharacterSet['ranges'],
): readonly [number, number] {
  const [first, last] = [from[0]![0], to[0]![1]]
  const areSingle = [from, to].every(
    (ranges) => ranges.length === 1 && ranges[0]![0] === ranges[0]![1],
  )
  if (!areSingle || last < first) throw new RegexFault('has a range of characters that is none')
  return [first, last]
}

function complementOf(ranges: CharacterSet['ranges']): CharacterSet['ranges'] {
  const gaps: (readonly [number, number])[] = []
  let from = 0
  for (const [first, last] of ranges) {
    if (first > from) gaps.push([from, first - 1])
    from = last + 1
  }
  return [...gaps, [from, 0xffff]]
}
