/** What every form of feed is read into, before it is known to be an indicator. */

/** An indicator as it stands in a feed. */
export interface RawIndicator {
  readonly text: string
  /** Line, or number of the object, from 1: where a fault is to be looked for. */
  readonly at: number
  /** Seconds since the epoch; 0 where the feed says nothing of it. */
  readonly validUntil: number
}

export interface FormatOptions {
  /** CSV: the column's name in the heading, or its number from 1; null to take the first that fits. */
  readonly column: string | null
}

/** Reads a feed's text; throws `SyntaxError` where it is not of that form at all. */
export type FeedReader = (text: string, options: FormatOptions) => Iterable<RawIndicator>
