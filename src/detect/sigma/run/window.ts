/** What a correlation remembers of one group: hits within a span of packet time. */
import type { Bound, CorrelationRule } from '../rule.ts'

/** A group's memory; `note` says whether the correlation holds now. */
export interface Window {
  /** Takes a hit of the rule at `index` of the correlation's rules; `value` is what `value_count` counts. */
  note(index: number, value: string | null, nowUs: number): boolean
  /** How much was counted at last: hits, values or rules. */
  readonly count: number
  /** When nothing of what it holds matters any more. */
  readonly untilUs: number
  /** The span has passed: says whether a bound that only its end can prove holds. */
  closes(): boolean
}

/** Opens the memory that the type of a correlation wants. */
export function openWindow(rule: CorrelationRule): Window {
  switch (rule.type) {
    case 'event_count':
    case 'value_count':
      if (!isReached(rule)) return new ClosedCount(rule)
      return mostOf(rule) > MOST_REMEMBERED ? new SlidingSum(rule) : new SlidingCount(rule)
    case 'value_sum':
      return isReached(rule) ? new SlidingSum(rule) : new ClosedCount(rule)
    case 'value_avg':
      // The first values would be an average too: only the whole span has one that says something.
      return new ClosedCount(rule)
    case 'temporal':
      return new Meeting(rule)
    case 'temporal_ordered':
      return new OrderedMeeting(rule)
  }
}

/** `gt` and `gte` hold as soon as enough is counted; of the others only the end of the span can tell. */
const isReached = ({ bounds }: CorrelationRule): boolean =>
  bounds.every(({ bound }) => bound === 'gt' || bound === 'gte')

const TESTS: Readonly<Record<Bound, (count: number, than: number) => boolean>> = {
  gt: (count, than) => count > than,
  gte: (count, than) => count >= than,
  lt: (count, than) => count < than,
  lte: (count, than) => count <= than,
  eq: (count, than) => count === than,
  neq: (count, than) => count !== than,
}

const holds = ({ bounds }: CorrelationRule, count: number): boolean =>
  bounds.every(({ bound, count: than }) => TESTS[bound](count, than))

/** The most that has to be told apart: one more than any bound. */
const mostOf = ({ bounds }: CorrelationRule): number =>
  Math.max(...bounds.map(({ count }) => count)) + 1

/** More events than these are counted by slices of time, not one by one. */
const MOST_REMEMBERED = 1001
const SLICES = 64

/** How many events, or how much in sum, in slices of a 64th of the span: never more than one slice too little. */
class SlidingSum implements Window {
  readonly #rule: CorrelationRule
  readonly #sliceUs: number
  readonly #amounts = new Float64Array(SLICES)
  #slice = 0
  #lastUs = 0

  constructor(rule: CorrelationRule) {
    this.#rule = rule
    this.#sliceUs = rule.timespanUs / SLICES
  }

  get count(): number {
    return this.#amounts.reduce((sum, amount) => sum + amount, 0)
  }

  get untilUs(): number {
    return this.#lastUs + this.#rule.timespanUs
  }

  note(_index: number, value: string | null, nowUs: number): boolean {
    const amount = this.#rule.type === 'event_count' ? 1 : Number(value ?? 0)
    this.#lastUs = Math.max(this.#lastUs, nowUs)
    const slice = Math.floor(nowUs / this.#sliceUs)
    const passed = Math.min(SLICES, slice - this.#slice)
    for (let step = 1; step <= passed; step += 1) this.#amounts[(this.#slice + step) % SLICES] = 0
    this.#slice = Math.max(this.#slice, slice)
    if (this.#slice - slice < SLICES) this.#amounts[slice % SLICES]! += amount
    return holds(this.#rule, this.count)
  }

  closes(): boolean {
    return false
  }
}

/** Events, or distinct values, of the last span; the oldest beyond what the bounds ask for are forgotten. */
class SlidingCount implements Window {
  readonly #rule: CorrelationRule
  /** Value, or for events a running number, to when it was last seen; the oldest first. */
  readonly #seen = new Map<string | number, number>()
  #events = 0
  #lastUs = 0

  constructor(rule: CorrelationRule) {
    this.#rule = rule
  }

  get count(): number {
    return this.#seen.size
  }

  get untilUs(): number {
    return this.#lastUs + this.#rule.timespanUs
  }

  note(_index: number, value: string | null, nowUs: number): boolean {
    if (this.#rule.type === 'value_count' && value === null) return false
    this.#lastUs = Math.max(this.#lastUs, nowUs)
    this.#events += 1
    const key = this.#rule.type === 'value_count' ? value! : this.#events
    this.#seen.delete(key)
    this.#seen.set(key, nowUs)
    const beforeUs = nowUs - this.#rule.timespanUs
    const most = mostOf(this.#rule)
    for (const [oldest, atUs] of this.#seen) {
      if (atUs >= beforeUs && this.#seen.size <= most) break
      this.#seen.delete(oldest)
    }
    return holds(this.#rule, this.#seen.size)
  }

  closes(): boolean {
    return false
  }
}

/** Counts from a first event to the end of the span, which alone can tell that there were few. */
class ClosedCount implements Window {
  readonly #rule: CorrelationRule
  readonly #values = new Set<string>()
  #events = 0
  #sum = 0
  #firstUs: number | null = null

  constructor(rule: CorrelationRule) {
    this.#rule = rule
  }

  get count(): number {
    switch (this.#rule.type) {
      case 'value_count':
        return this.#values.size
      case 'value_sum':
        return this.#sum
      case 'value_avg':
        return this.#sum / Math.max(1, this.#events)
      default:
        return this.#events
    }
  }

  get untilUs(): number {
    return (this.#firstUs ?? 0) + this.#rule.timespanUs
  }

  note(_index: number, value: string | null, nowUs: number): boolean {
    if (value === null && this.#rule.counted !== null) return false
    this.#firstUs ??= nowUs
    this.#events += 1
    if (this.#rule.type !== 'value_count') this.#sum += Number(value)
    else if (value !== null && this.#values.size < mostOf(this.#rule)) this.#values.add(value)
    return false
  }

  closes(): boolean {
    return this.#firstUs !== null && holds(this.#rule, this.count)
  }
}

/** Enough of the rules hit within the span, in whatever order. */
class Meeting implements Window {
  readonly #rule: CorrelationRule
  readonly #lastUs: number[]

  constructor(rule: CorrelationRule) {
    this.#rule = rule
    this.#lastUs = rule.rules.map(() => -Infinity)
  }

  get count(): number {
    const beforeUs = Math.max(...this.#lastUs) - this.#rule.timespanUs
    return this.#lastUs.filter((atUs) => atUs >= beforeUs).length
  }

  get untilUs(): number {
    return Math.max(0, ...this.#lastUs) + this.#rule.timespanUs
  }

  note(index: number, _value: string | null, nowUs: number): boolean {
    this.#lastUs[index] = nowUs
    return holds(this.#rule, this.count)
  }

  closes(): boolean {
    return false
  }
}

/** All rules hit within the span, one after the other. */
class OrderedMeeting implements Window {
  readonly #rule: CorrelationRule
  /** For each rule: the latest beginning of a row of hits that ends with it. */
  readonly #begunUs: number[] = []
  #lastUs = 0

  constructor(rule: CorrelationRule) {
    this.#rule = rule
  }

  get count(): number {
    return this.#begunUs.filter((atUs) => atUs !== undefined).length
  }

  get untilUs(): number {
    return this.#lastUs + this.#rule.timespanUs
  }

  note(index: number, _value: string | null, nowUs: number): boolean {
    this.#lastUs = Math.max(this.#lastUs, nowUs)
    const begunUs = index === 0 ? nowUs : this.#begunUs[index - 1]
    if (begunUs === undefined || nowUs - begunUs > this.#rule.timespanUs) return false
    this.#begunUs[index] = begunUs
    return index === this.#rule.rules.length - 1
  }

  closes(): boolean {
    return false
  }
}
