/** Feeds made to keep their reader busy, or to fill its memory: each is read to its end, and what is good in it taken. */
import { describe, expect, it } from 'vitest'
import { validateConfig } from '../../../../src/config/index.ts'
import type { FeedConfig } from '../../../../src/detect/intel/config.ts'
import { readFeed, type FeedReading } from '../../../../src/detect/intel/feed-reading.ts'
import { IndicatorTableBuilder } from '../../../../src/detect/intel/indicator-table.ts'

const GOOD = '203.0.113.7'

function reading(text: string, format: FeedConfig['format'] = 'auto'): FeedReading {
  const feeds = [{ name: 'ours', source: '/feed', format }]
  const [feed] = validateConfig({ detect: { intel: { feeds } } }, 'test').detect.intel.feeds
  const given = { text, givenAtMs: 1_800_000_000_000 }
  const steps = readFeed(feed!, given, new IndicatorTableBuilder(), { room: 1000 })
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

const stix = (...objects: readonly object[]) => JSON.stringify({ type: 'bundle', objects })
const indicator = (pattern: string) => ({ type: 'indicator', pattern })
const good = indicator(`[ipv4-addr:value = '${GOOD}']`)

describe('A hostile feed', () => {
  it.each<[string, string, FeedConfig['format'], number]>([
    ['one line of 4 MB', `${'a'.repeat(4e6)}\n${GOOD}`, 'auto', 1],
    ['remarks that never end', `${' #'.repeat(5e5)}\r \u2028\n${GOOD}`, 'plain', 1],
    ['a table with a row of 4 MB', `${GOOD},x\n"${','.repeat(4e6)}\n${GOOD},y\n`, 'csv', 1],
    ['bytes that are no text', `${'\u0000\ufffd\u0007\n'.repeat(50_000)}${GOOD}`, 'auto', 50_000],
    ['a fingerprint nearly spelt, again and again', stix(indicator(`[${'ja3'.repeat(30_000)}]`), good), 'auto', 0],
    ['a value that is never closed', stix(indicator(`[x = ${"'\\".repeat(45_000)}]`), good), 'auto', 0],
    ['a property without an end', stix(indicator(`[${'a'.repeat(99_000)}]`), good), 'auto', 0],
  ])('with %s is read to its end, and its good indicator is taken', (_, text, format, refused) => {
    const { counts, refused: seen, refusals } = reading(text, format)
    expect(counts.address).toBeGreaterThan(0)
    expect(seen).toBe(refused)
    expect(refusals.every((refusal) => refusal.length < 200)).toBe(true)
  }) // prettier-ignore

  it.each<[string, string, RegExp]>([
    ['lists in lists', '['.repeat(1e6), /nested deeper than 64/],
    ['maps in maps', '{"a":'.repeat(1000), /nested deeper than 64/],
    ['more values than memory', `[${'{},'.repeat(10e6)}{}]`, /more than 20000000 values/],
    ['an end that is missing', '{"Event": {"Attribute": [', /JSON/],
  ])('of JSON with %s is refused before it is made', (_, text, reason) => {
    expect(() => reading(text, 'misp')).toThrow(reason)
  })

  it('with bundles in bundles gives what they hold, eight deep', () => {
    const nested = (depth: number): object =>
      depth === 0 ? good : { type: 'bundle', objects: [nested(depth - 1)] }
    expect(reading(JSON.stringify(nested(3)), 'stix').counts).toEqual({ address: 1 })
    expect(reading(JSON.stringify(nested(20)), 'stix').counts).toEqual({})
  })

  it('that is too large for the table says how many it left', () => {
    const names = Array.from({ length: 1500 }, (_, n) => `host${n}.example`)
    expect(reading(names.join('\n'))).toMatchObject({ counts: { domain: 1000 }, left: 500 })
  })
})
