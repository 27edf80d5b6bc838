/** One feed's text made indicators: how many of which kind, and what could not be taken. */
import type { FeedConfig } from './config.ts'
import { formatOf, readerOf, type FeedFormat } from './formats/index.ts'
import { isRefusal, parseIndicators, type IndicatorKind } from './indicator.ts'
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

/** Where the reading of a large feed may rest, so that whoever reads can do something else meanwhile. */
export type Steps<Result> = Generator<undefined, Result>

/** Lines or objects between two rests, some 10 ms. */
const STEP = 5000

/**
 * Adds a feed's indicators to a table, up to `room` of them, in steps.
 *
 * Cost: about 2 µs an indicator; a JSON feed is parsed at once, before the first step.
 * Errors: `SyntaxError` when the text is not of the form that it is said to be; nothing is added then unless a
 * later part is at fault.
 */
export function* readFeed(
  feed: FeedConfig,
  { text, givenAtMs }: FeedText,
  builder: IndicatorTableBuilder,
  room: number,
): Steps<FeedReading> {
  const format = feed.format === 'auto' ? formatOf(text) : feed.format
  const expiresAt = Math.floor(givenAtMs / 1000) + feed.expireDays * DAY_SECONDS
  const tally = new Tally(format, builder, room)
  builder.feed(feed.name)
  let step = 0
  for (const { text: raw, at, validUntil } of readerOf(format)(text, { column: feed.column })) {
    tally.add(raw, at, validUntil === 0 ? expiresAt : Math.min(validUntil, expiresAt))
    step += 1
    if (step % STEP === 0) yield undefined
  }
  return { ...tally.figures(), format, expiresAtMs: expiresAt * 1000 }
}

/** Counts what a feed gives while it goes into the table. */
class Tally {
  readonly #format: FeedFormat
  readonly #builder: IndicatorTableBuilder
  readonly #room: number
  readonly #counts: Partial<Record<IndicatorKind, number>> = {}
  readonly #refusals: string[] = []
  #refused = 0
  #left = 0
  #taken = 0

  constructor(format: FeedFormat, builder: IndicatorTableBuilder, room: number) {
    this.#format = format
    this.#builder = builder
    this.#room = room
  }

  add(raw: string, at: number, until: number): void {
    const indicators = parseIndicators(raw, until)
    if (isRefusal(indicators)) {
      this.#refused += 1
      if (this.#refusals.length < TOLD_REFUSALS) {
        const shown = `${placeOf(this.#format, at)}: "${raw.slice(0, 80)}"`
        this.#refusals.push(`${shown} ${indicators.reason}`)
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

  figures(): Pick<FeedReading, 'counts' | 'refused' | 'refusals' | 'left'> {
    const [refused, left] = [this.#refused, this.#left]
    return { counts: this.#counts, refusals: this.#refusals, refused, left }
  }
}

const placeOf = (format: FeedFormat, at: number): string =>
  `${format === 'plain' || format === 'csv' ? 'line' : 'object'} ${at}`
