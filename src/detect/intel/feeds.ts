/** The agent's feeds: reads them, fetches them anew in time, and hands on one table of them all. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../core/clock.ts'
import { PicketError } from '../../core/errors.ts'
import type { Log } from '../../core/log/log.ts'
import type { FeedConfig, IntelConfig } from './config.ts'
import { faultInFeed, readFeed, type FeedReading, type Spared, type Steps } from './feed-reading.ts'
import { fetchFeedText, isRemote, readFeedText, shownSource, type FeedText } from './feed-text.ts'
import { IndicatorTableBuilder, type IndicatorTables } from './indicator-table.ts'

const LOOK_EVERY_MS = 10_000
/** After a failure a source is asked again this soon, and at most at its usual pace. */
const RETRY_MS = 60_000

/** How one feed is. */
export interface FeedStatus {
  readonly name: string
  readonly source: string
  /** Null until it was read. */
  readonly reading: FeedReading | null
  /** When the source gave what is in force; null when it never did. */
  readonly givenAtMs: number | null
  readonly lastError: string | null
}

export interface FeedsOptions {
  readonly config: IntelConfig
  /** The data folder, where answers are kept. */
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  /**
   * Finds out what no feed can mean: the host itself and what it cannot do without. What it gives says why a range
   * is of these, or null.
   */
  sparing?(): Promise<Spared>
  /** Told whenever the indicators have changed. */
  onTables(tables: IndicatorTables): void
}

interface Watched {
  readonly feed: FeedConfig
  givenAtMs: number | null
  nextLookMs: number
  reading: FeedReading | null
  /** Of the last look at the source. */
  lookError: string | null
  /** Of the reading of what it gave; it stays until other text is read. */
  readError: string | null
}

/** Feeds that are kept fresh from `start` until `stop`. */
export class Feeds {
  readonly #options: FeedsOptions
  readonly #watched: readonly Watched[]
  #spared: Spared = () => null
  #tables: IndicatorTables = new IndicatorTableBuilder().build()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()

  constructor(options: FeedsOptions) {
    this.#options = options
    const { enabled, feeds } = options.config
    this.#watched = (enabled ? feeds : []).map((feed) => ({
      ...{ feed, givenAtMs: null, nextLookMs: 0, reading: null, lookError: null, readError: null },
    }))
  }

  /** Reads what files and earlier answers hold, at once; sources on the network are asked from `start` on. */
  read(): IndicatorTables {
    const steps = this.#build()
    while (!steps.next().done);
    return this.#tables
  }

  /** Looks anew at what no feed can mean; what was known stays where that fails. */
  async learnSpared(): Promise<void> {
    const { sparing, log } = this.#options
    if (sparing === undefined || this.isEmpty) return
    try {
      this.#spared = await sparing()
    } catch (error) {
      log.warn('It is not known which addresses no feed can mean', { reason: String(error) })
    }
  }

  /** No feed is configured, or indicators are not to be looked for. */
  get isEmpty(): boolean {
    return this.#watched.length === 0
  }

  get tables(): IndicatorTables {
    return this.#tables
  }

  start(): void {
    if (this.#watched.length === 0) return
    this.#look()
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  /** Looks at one feed's source now, or at all; resolves when what it gave is in force. */
  async refresh(name: string | null): Promise<void> {
    for (const watched of this.#watched) {
      if (name === null || watched.feed.name === name) watched.nextLookMs = 0
    }
    this.#look()
    await this.#looking
  }

  list(): readonly FeedStatus[] {
    return this.#watched.map(({ feed, reading, givenAtMs, lookError, readError }) => ({
      ...{ name: feed.name, source: shownSource(feed.source), reading, givenAtMs },
      lastError: lookError ?? readError,
    }))
  }

  #look(): void {
    this.#looking = this.#looking.then(async () => {
      const nowMs = this.#options.clock.nowMs()
      const due = this.#watched.filter((watched) => watched.nextLookMs <= nowMs)
      let isNew = false
      for (const watched of due) isNew = (await this.#lookAt(watched)) || isNew
      if (!isNew) return
      await this.learnSpared()
      // Between two steps the agent answers its API: a million lines take seconds.
      for (const steps = this.#build(); !steps.next().done;) await nextTurn()
      this.#options.onTables(this.#tables)
    })
  }

  /** Says whether the source gave something else than before. */
  async #lookAt(watched: Watched): Promise<boolean> {
    const { feed } = watched
    const { config, clock, directory, log } = this.#options
    const paceMs = feed.refreshMinutes * 60_000
    const before = watched.givenAtMs
    watched.nextLookMs = clock.nowMs() + paceMs
    try {
      if (isRemote(feed.source)) {
        await fetchFeedText(feed, directory, {
          proxy: config.proxy,
          faultIn: (text) => faultInFeed(feed, text),
        })
      }
      const given = readFeedText(feed, directory)
      watched.lookError = null
      return given !== null && given.givenAtMs !== before
    } catch (error) {
      if (!(error instanceof PicketError)) throw error
      watched.nextLookMs = clock.nowMs() + Math.min(RETRY_MS, paceMs)
      if (watched.lookError !== error.message) {
        log.warn('An indicator feed could not be read', { feed: feed.name, reason: error.message })
      }
      watched.lookError = error.message
      return false
    }
  }

  /** Lays all feeds out anew; of an indicator in several the one of highest severity speaks. */
  *#build(): Steps<void> {
    const builder = new IndicatorTableBuilder()
    const bySeverity = [...this.#watched].sort((a, b) => b.feed.severity - a.feed.severity)
    for (const watched of bySeverity) yield* this.#read(watched, builder)
    this.#tables = builder.build()
  }

  *#read(watched: Watched, builder: IndicatorTableBuilder): Steps<void> {
    const { config, directory, log } = this.#options
    const { feed } = watched
    try {
      const given: FeedText | null = readFeedText(feed, directory)
      if (given === null) return
      watched.givenAtMs = given.givenAtMs
      watched.reading = yield* readFeed(feed, given, builder, {
        room: config.maxIndicators - builder.count,
        spared: this.#spared,
      })
      watched.readError = null
    } catch (error) {
      if (!(error instanceof PicketError) && !(error instanceof SyntaxError)) throw error
      watched.reading = null
      watched.readError = error.message
      log.warn('An indicator feed could not be read', { feed: feed.name, reason: error.message })
    }
  }
}
