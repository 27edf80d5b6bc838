import { expect, it } from 'vitest'
import { feedAuditor } from '../../../src/agent/audit.ts'
import type { FeedStatus } from '../../../src/detect/intel/index.ts'

const feed = (givenAtMs: number | null): FeedStatus => ({
  ...{ name: 'drop', source: '/etc/drop.txt', givenAtMs, lastError: null },
  reading: givenAtMs === null ? null : {
    ...{ format: 'plain', counts: { range: 3 }, refused: 1, refusals: [], left: 0, expiresAtMs: 9 },
  },
}) // prettier-ignore

it('a feed is audited when it gives something new, not each time feeds are looked at', () => {
  const told: unknown[] = []
  const look = feedAuditor((action, subject, details) => told.push([action, subject, details]))
  look([feed(null)])
  look([feed(1000)])
  look([feed(1000)])
  expect(told).toEqual([
    ['feed.loaded', 'drop', { source: '/etc/drop.txt', counts: { range: 3 }, refused: 1, givenAtMs: 1000 }], // prettier-ignore
  ])
  look([feed(2000)])
  expect(told).toHaveLength(2)
})
