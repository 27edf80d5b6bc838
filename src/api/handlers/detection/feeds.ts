/** Feeds of indicators: how each is, and looking at one anew. */
import type { components } from '../../../../openapi/contract.d.ts'
import { rfc3339OrNull, type Clock } from '../../../core/clock.ts'
import type { Feeds, FeedStatus } from '../../../detect/intel/index.ts'
import type { Handler } from '../../contract/contract.ts'
import { noSuchName } from '../../problem.ts'

type Feed = components['schemas']['Feed']

/** What the API asks of the feeds. */
export type FeedDesk = Pick<Feeds, 'list' | 'refresh'>

/** Serves `listFeeds` and `refreshFeed`. */
export function feedHandlers(
  feeds: FeedDesk,
  clock: Clock,
): { listFeeds: Handler<'listFeeds'>; refreshFeed: Handler<'refreshFeed'> } {
  const items = (): Feed[] => feeds.list().map((status) => apiFeed(status, clock.nowMs()))
  return {
    listFeeds: () => ({ status: 200, body: { items: items() } }),
    refreshFeed: async ({ path }) => {
      const names = feeds.list().map(({ name }) => name)
      if (!names.includes(path.feedName)) throw noSuchName('feed', path.feedName, names)
      await feeds.refresh(path.feedName)
      return { status: 200, body: items().find(({ name }) => name === path.feedName)! }
    },
  }
}

function apiFeed(status: FeedStatus, nowMs: number): Feed {
  const { name, source, reading, givenAtMs, lastError } = status
  const expiresAtMs = reading?.expiresAtMs ?? null
  return {
    ...{ name, source, state: stateOf(status, nowMs), format: reading?.format ?? null },
    counts: reading?.counts ?? {},
    refused: reading?.refused ?? 0,
    refusals: [...(reading?.refusals ?? [])],
    left: reading?.left ?? 0,
    givenAt: rfc3339OrNull(givenAtMs),
    expiresAt: rfc3339OrNull(expiresAtMs),
    lastError,
  }
}

function stateOf({ reading, lastError }: FeedStatus, nowMs: number): Feed['state'] {
  if (reading === null) return lastError === null ? 'waiting' : 'failing'
  if (reading.expiresAtMs < nowMs) return 'expired'
  return lastError === null ? 'current' : 'failing'
}
