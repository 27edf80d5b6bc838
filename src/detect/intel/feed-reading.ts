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

/**
 * Adds a feed's indicators to a table, up to `room` of them.
 *
 * Errors: `SyntaxError` when the text is not of the form that it is said to be; nothing is added then unless a
 * later part is at fault.
 */
export function readFeed(
  feed: FeedConfig,
  { text, givenAtMs }: FeedText,
  builder: IndicatorTableBuilder,
  room: number,
): FeedReading {
  const format = feed.format === 'auto' ? formatOf(text) : feed.format
  const expiresAt = Math.floor(givenAtMs / 1000) + feed.expireDays * DAY_SECONDS
  const counts: Partial<Record<IndicatorKind, number>> = {}
  const refusals: string[] = []
  let [refused, left, taken] = [0, 0, 0]
  builder.feed(feed.name)
  for (const { text: raw, at, validUntil } of readerOf(format)(text, { column: feed.column })) {
    const until = validUntil === 0 ? expiresAt : Math.min(validUntil, expiresAt)
    const indicators = parseIndicators(raw, until)
    if (isRefusal(indicators)) {
      refused += 1
      if (refusals.length < TOLD_REFUSALS) {
        refusals.push(`${placeOf(format, at)}: "${raw.slice(0, 80)}" ${indicators.reason}`)
      }
      continue
    }
    for (const indicator of indicators) {
      if (taken >= room) {
        left += 1
        continue
      }
      builder.add(indicator)
      taken += 1
      counts[indicator.kind] = (counts[indicator.kind] ?? 0) + 1
    }
  }
  return { format, counts, refused, refusals, left, expiresAtMs: expiresAt * 1000 }
}

const placeOf = (format: FeedFormat, at: number): string =>
  `${format === 'plain' || format === 'csv' ? 'line' : 'object'} ${at}`
