/**
 * Regular expressions that cannot be made slow: every state is followed at once (Thompson 1968), nothing is
 * tried again.
 *
 * JavaScript's own engine backtracks: one rule with `(a+)+$` would let anybody who can send a URI stop the
 * sensor.
 */
import {
  isWordUnit,
  parseRegex,
  RegexFault,
  type CharacterSet,
  type RegexNode,
} from './regex-syntax.ts'

export { RegexFault } from './regex-syntax.ts'

export interface RegexFlags {
  /** `i`. */
  readonly isCaseless: boolean
  /** `m`: `^` and `$` at line ends too. */
  readonly isMultiline: boolean
  /** `s`: the dot takes line ends too. */
  readonly dotTakesAll: boolean
}

const MOST_STEPS = 1500
/** Fields are shorter than this; whatever is not is looked at as far as here. */
const LONGEST_INPUT = 4096

const Op = { SET: 0, SPLIT: 1, JUMP: 2, ASSERT: 3, MATCH: 4 } as const
type Assertion = 'start' | 'end' | 'boundary' | 'no-boundary'

interface Step {
  op: number
  /** SET. */
  accepts?: (unit: number) => boolean
  /** ASSERT. */
  assertion?: Assertion
  /** SPLIT and JUMP. */
  to: number
  /** SPLIT. */
  or: number
}

/**
 * An expression that is looked for anywhere in a text.
 *
 * Cost: at most characters × steps, whatever the text; a plain expression takes about 10 ns a character.
 */
export class Regex {
  readonly #steps: readonly Step[]
  readonly #isMultiline: boolean
  readonly #isAnchored: boolean
  /** The states of this and of the next character; a state is in the set when its mark is the set's stamp. */
  #now: Int32Array
  #next: Int32Array
  readonly #marks: Int32Array
  readonly #stack: Int32Array
  #stamp = 0

  /** Errors: `RegexFault`. */
  constructor(text: string, flags: RegexFlags) {
    const { node, flags: ahead } = parseRegex(text)
    const builder = new ProgramBuilder({
      isCaseless: flags.isCaseless || ahead.includes('i'),
      isMultiline: flags.isMultiline || ahead.includes('m'),
      dotTakesAll: flags.dotTakesAll || ahead.includes('s'),
    })
    this.#isMultiline = flags.isMultiline || ahead.includes('m')
    this.#steps = builder.build(node)
    this.#isAnchored =
      !this.#isMultiline && node.kind === 'sequence' && node.parts[0]?.kind === 'start'
    const size = this.#steps.length
    this.#now = new Int32Array(size)
    this.#next = new Int32Array(size)
    this.#marks = new Int32Array(size)
    this.#stack = new Int32Array(size * 2 + 2)
  }

  test(text: string): boolean {
    const length = Math.min(text.length, LONGEST_INPUT)
    if (this.#stamp > 0x7fff0000) {
      this.#marks.fill(0)
      this.#stamp = 0
    }
    let count = 0
    this.#stamp += 1
    for (let at = 0; at <= length; at += 1) {
      if (at === 0 || !this.#isAnchored) count = this.#follow(0, this.#now, count, text, at, length)
      if (count < 0) return true
      if (count === 0 || at === length) {
        if (this.#isAnchored || at === length) return false
        this.#stamp += 1
        continue
      }
      const unit = text.charCodeAt(at)
      const now = this.#now
      this.#stamp += 1
      let nextCount = 0
      for (let index = 0; index < count; index += 1) {
        const state = now[index]!
        if (!this.#steps[state]!.accepts!(unit)) continue
        nextCount = this.#follow(state + 1, this.#next, nextCount, text, at + 1, length)
        if (nextCount < 0) return true
      }
      count = nextCount
      this.#now = this.#next
      this.#next = now
    }
    return false
  }

  /** Adds a state, and all that are reached from it without a character; -1 when the match is among them. */
  #follow(
    start: number,
    into: Int32Array,
    count: number,
    text: string,
    at: number,
    length: number,
  ): number {
    const [steps, marks, stack, stamp] = [this.#steps, this.#marks, this.#stack, this.#stamp]
    let [top, found] = [0, count]
    stack[top++] = start
    while (top > 0) {
      const state = stack[--top]!
      if (marks[state] === stamp) continue
      marks[state] = stamp
      const step = steps[state]!
      if (step.op === Op.MATCH) return -1
      if (step.op === Op.SET) into[found++] = state
      else if (step.op === Op.JUMP) stack[top++] = step.to
      else if (step.op === Op.SPLIT) {
        stack[top++] = step.or
        stack[top++] = step.to
      } else if (this.#holds(step.assertion!, text, at, length)) stack[top++] = state + 1
    }
    return found
  }

  #holds(assertion: Assertion, text: string, at: number, length: number): boolean {
    switch (assertion) {
      case 'start':
        return at === 0 || (this.#isMultiline && isLineEnd(text.charCodeAt(at - 1)))
      case 'end':
        return at === length || (this.#isMultiline && isLineEnd(text.charCodeAt(at)))
      default: {
        const before = at > 0 && isWordUnit(text.charCodeAt(at - 1))
        const after = at < length && isWordUnit(text.charCodeAt(at))
        return (before !== after) === (assertion === 'boundary')
      }
    }
  }
}

const isLineEnd = (unit: number): boolean => unit === 10 || unit === 13

class ProgramBuilder {
  readonly #flags: RegexFlags
  readonly #steps: Step[] = []

  constructor(flags: RegexFlags) {
    this.#flags = flags
  }

  build(node: RegexNode): readonly Step[] {
    this.#add(node)
    this.#push({ op: Op.MATCH, to: 0, or: 0 })
    return this.#steps
  }

  #push(step: Step): Step {
    if (this.#steps.length >= MOST_STEPS) throw new RegexFault('is too large once it is unrolled')
    this.#steps.push(step)
    return step
  }

  #add(node: RegexNode): void {
    switch (node.kind) {
      case 'any': {
        const takesAll = this.#flags.dotTakesAll
        this.#push({ op: Op.SET, to: 0, or: 0, accepts: (unit) => takesAll || !isLineEnd(unit) })
        return
      }
      case 'set':
        this.#push({
          op: Op.SET,
          to: 0,
          or: 0,
          accepts: accepting(node.set, this.#flags.isCaseless),
        })
        return
      case 'sequence':
        for (const part of node.parts) this.#add(part)
        return
      case 'choice':
        return this.#choice(node.parts)
      case 'repeat':
        return this.#repeat(node.part, node.least, node.most)
      default:
        this.#push({ op: Op.ASSERT, to: 0, or: 0, assertion: node.kind })
    }
  }

  #choice(parts: readonly RegexNode[]): void {
    const ends: Step[] = []
    for (const [index, part] of parts.entries()) {
      const isLast = index === parts.length - 1
      const split = isLast ? null : this.#push({ op: Op.SPLIT, to: this.#steps.length + 1, or: 0 })
      this.#add(part)
      if (!isLast) ends.push(this.#push({ op: Op.JUMP, to: 0, or: 0 }))
      if (split !== null) split.or = this.#steps.length
    }
    for (const end of ends) end.to = this.#steps.length
  }

  #repeat(part: RegexNode, least: number, most: number): void {
    for (let count = 0; count < least; count += 1) this.#add(part)
    if (most === Infinity) {
      const from = this.#steps.length
      const split = this.#push({ op: Op.SPLIT, to: from + 1, or: 0 })
      this.#add(part)
      this.#push({ op: Op.JUMP, to: from, or: 0 })
      split.or = this.#steps.length
      return
    }
    const splits: Step[] = []
    for (let count = least; count < most; count += 1) {
      splits.push(this.#push({ op: Op.SPLIT, to: this.#steps.length + 1, or: 0 }))
      this.#add(part)
    }
    for (const split of splits) split.or = this.#steps.length
  }
}

/** A set as a test of one code unit; the first 256 are looked up, in a table that is made when one is first asked for. */
function accepting(
  { ranges, isNegated }: CharacterSet,
  isCaseless: boolean,
): (unit: number) => boolean {
  const within = (unit: number): boolean =>
    ranges.some(([first, last]) => unit >= first && unit <= last)
  const isIn = (unit: number): boolean => {
    if (within(unit)) return true
    if (!isCaseless) return false
    const text = String.fromCharCode(unit)
    const others = [text.toLowerCase(), text.toUpperCase()]
    return others.some((other) => other.length === 1 && within(other.charCodeAt(0)))
  }
  const isTaken = (unit: number): number => (isIn(unit) !== isNegated ? 1 : 0)
  let table: Uint8Array | null = null
  return (unit) => {
    if (unit >= 256) return isTaken(unit) === 1
    table ??= Uint8Array.from({ length: 256 }, (_, low) => isTaken(low))
    return table[unit] === 1
  }
}
