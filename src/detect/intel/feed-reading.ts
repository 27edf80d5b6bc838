/** One feed's text made indicators: how many of which kind, and what could not be taken. */
import { parseCidr, type Cidr } from '../../net/cidr.ts'
import type { FeedConfig } from './config.ts'
import { formatOf, readerOf, type FeedFormat } from './formats/index.ts'
import {
  isRefusal,
  parseIndicators,
  type Indicator,
  type IndicatorKind,
  type Refusal,
} from './indicator.ts'
import type { IndicatorTableBuilder } from './indicator-table.ts'
import type { FeedText } from './feed-text.ts'

const DAY_SECONDS = 86_400
/** How many refused lines are told one by one. */
const TOLD_REFUSALS = 5

/** What a feed gave when it was last read. */
export interface FeedReading {
  readonly format: FeedFormat
  readonly counts: Readonly<Partial<Record<IndicatorKind, number>>>
  readonly refused: number
  /** The first ones: `line 7: "example" is no address…`. */
  readonly refusals: readonly string[]
  /** Indicators that found the table full. */
  readonly left: number
  readonly expiresAtMs: number
}

/** Says why no feed can mean a range; null where one can. */
export type Spared = (range: Cidr) => string | null

export interface ReadingBounds {
  /** Indicators that the table still takes. */
  readonly room: number
  readonly spared?: Spared
}

/** Where the reading of a large feed may rest, so that whoever reads can do something else meanwhile. */
export type Steps<Result> = Generator<undefined, Result>

/** Lines or objects between two rests, some 10 ms. */
const STEP = 5000

/**
 * Adds a feed's indicators to a table, as far as there is room, in steps.
 *
 * Cost: about 2 µs an indicator; a JSON feed is parsed at once, before the first step.
 * Errors: `SyntaxError` when the text is not of the form that it is said to be; nothing is added then unless a
 * later part is at fault.
 */
export function* readFeed(
  feed: FeedConfig,
  { text, givenAtMs }: FeedText,
  builder: IndicatorTableBuilder,
  bounds: ReadingBounds,
): Steps<FeedReading> {
  const format = feed.format === 'auto' ? formatOf(text) : feed.format
  const expiresAt = Math.floor(givenAtMs / 1000) + feed.expireDays * DAY_SECONDS
  const tally = new Tally(format, builder, bounds)
  builder.feed(feed.name)
  let step = 0
  for (const { text: raw, at, validUntil } of readerOf(format)(text, { column: feed.column })) {
    tally.add(raw, at, validUntil === 0 ? expiresAt : Math.min(validUntil, expiresAt))
    step += 1
    if (step % STEP === 0) yield undefined
  }
  return { ...tally.figures(), format, expiresAtMs: expiresAt * 1000 }
}

/**
 * Says why a text cannot be what the feed is to give; null where it may replace what was given before.
 *
 * A feed whose entries are all gone is well; one that is empty, a page, or without a single indicator is not.
 * Cost: up to the first indicator; JSON is parsed whole.
 */
export function faultInFeed(feed: FeedConfig, text: string): string | null {
  const head = text.trimStart()
  if (head === '') return 'the answer is empty'
  if (head.startsWith('<')) return 'the answer is a page of HTML or XML, no feed'
  const format = feed.format === 'auto' ? formatOf(text) : feed.format
  let fault: string | null = null
  try {
    for (const { text: raw, at } of readerOf(format)(text, { column: feed.column })) {
      const read = parseIndicators(raw)
      if (!isRefusal(read)) return null
      fault ??= `nothing in it is an indicator (${refusalWords(format, at, raw, read)})`
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    fault = error.message
  }
  return fault
}

/** Counts what a feed gives while it goes into the table. */
class Tally {
  readonly #format: FeedFormat
  readonly #builder: IndicatorTableBuilder
  readonly #room: number
  readonly #spared: Spared
  readonly #counts: Partial<Record<IndicatorKind, number>> = {}
  readonly #refusals: string[] = []
  #refused = 0
  #left = 0
  #taken = 0

  constructor(
    format: FeedFormat,
    builder: IndicatorTableBuilder,
    { room, spared = () => null }: ReadingBounds,
  ) {
    this.#format = format
    this.#builder = builder
    this.#room = room
    this.#spared = spared
  }

  add(raw: string, at: number, until: number): void {
    const indicators = this.#parsed(raw, until)
    if (isRefusal(indicators)) {
      this.#refused += 1
      if (this.#refusals.length < TOLD_REFUSALS) {
        this.#refusals.push(refusalWords(this.#format, at, raw, indicators))
      }
      return
    }
    for (const indicator of indicators) {
      if (this.#taken >= this.#room) {
        this.#left += 1
        continue
      }
      this.#builder.add(indicator)
      this.#taken += 1
      this.#counts[indicator.kind] = (this.#counts[indicator.kind] ?? 0) + 1
    }
  }

  #parsed(raw: string, until: number): readonly Indicator[] | Refusal {
    const indicators = parseIndicators(raw, until)
    if (isRefusal(indicators)) return indicators
    for (const { kind, value } of indicators) {
      if (kind !== 'address' && kind !== 'range' && kind !== 'url-host') continue
      const range = parseCidr(value)
      const reason = range === null ? null : this.#spared(range)
      if (reason !== null) return { reason: `is spared: ${reason}` }
    }
    return indicators
  }

  figures(): Pick<FeedReading, 'counts' | 'refused' | 'refusals' | 'left'> {
    const [refused, left] = [this.#refused, this.#left]
    return { counts: this.#counts, refusals: this.#refusals, refused, left }
  }
}

const refusalWords = (format: FeedFormat, at: number, raw: string, { reason }: Refusal): string =>
  `${placeOf(format, at)}: "${raw.slice(0, 80)}" ${reason}`

const placeOf = (format: FeedFormat, at: number): string =>
  `${format === 'plain' || format === 'csv' ? 'line' : 'object'} ${at}`
