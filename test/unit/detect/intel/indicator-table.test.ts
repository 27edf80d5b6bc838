import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIndicators, type Indicator } from '../../../../src/detect/intel/indicator.ts'
import {
  IndicatorTable,
  IndicatorTableBuilder,
} from '../../../../src/detect/intel/indicator-table.ts'
import { parseAddress } from '../../../../src/net/address.ts'
import { cidrContains, parseCidr } from '../../../../src/net/cidr.ts'

const NOW = 1_800_000_000

function tableOf(texts: readonly string[], validUntil = 0): IndicatorTable {
  const builder = new IndicatorTableBuilder()
  builder.feed('ours')
  for (const text of texts) {
    for (const one of parseIndicators(text, validUntil) as readonly Indicator[]) builder.add(one)
  }
  // As it comes out of another process.
  return new IndicatorTable(structuredClone(builder.build()))
}

function finds(table: IndicatorTable, text: string): boolean {
  const address = parseAddress(text)!
  const words = Int32Array.from(address.words)
  return table.address({ words, at: 0, family: address.family }, NOW) !== 0
}

describe('The table of indicators', () => {
  it('finds exactly the addresses that lie in a listed range', () => {
    const octets = fc.tuple(fc.integer({ min: 200, max: 203 }), fc.nat(3), fc.nat(3), fc.nat(255))
    const address = octets.map((four) => four.join('.'))
    const range = fc.tuple(address, fc.integer({ min: 9, max: 32 })).map((pair) => pair.join('/'))
    fc.assert(
      fc.property(fc.array(range, { maxLength: 20 }), fc.array(address), (ranges, addresses) => {
        const table = tableOf(ranges)
        for (const one of addresses) {
          const isListed = ranges.some((text) => cidrContains(parseCidr(text)!, parseAddress(one)!))
          expect(finds(table, one)).toBe(isListed)
        }
      }),
    )
  })

  it('keeps IPv6 apart from IPv4, and ranges of both', () => {
    const table = tableOf(['2001:db8:7::/48', '2001:db8::5', '203.0.113.7'])
    expect(
      ['2001:db8:7:1::9', '2001:db8::5', '203.0.113.7'].map((one) => finds(table, one)),
    ).toEqual([true, true, true])
    expect(['2001:db8:8::9', '2001:db8::6', '203.0.113.8'].some((one) => finds(table, one))).toBe(
      false,
    )
  })

  it('finds a domain by what lies under it, and nothing that only ends alike', () => {
    const table = tableOf(['evil.example', 'http://host.example/a.php'])
    expect(table.domain('evil.example', NOW)?.indicator).toBe('evil.example')
    expect(table.domain('a.b.evil.example', NOW)?.indicator).toBe('evil.example')
    expect(table.domain('notevil.example', NOW)).toBeNull()
    expect(table.domain('example', NOW)).toBeNull()
    expect(table.domain('www.host.example', NOW)?.isUrlHost).toBe(true)
    expect(table.url('host.example/a.php', NOW)?.isUrlHost).toBe(false)
    expect(table.url('host.example/b.php', NOW)).toBeNull()
  })

  it('names the nearest of several that a name lies under, in whatever order they were listed', () => {
    const listed = ['b.evil.example', 'evil.example', 'a.b.evil.example']
    for (const texts of [listed, listed.toReversed()]) {
      const table = tableOf(texts)
      const nearest = (name: string) => table.domain(name, NOW)?.indicator
      expect(nearest('x.a.b.evil.example')).toBe('a.b.evil.example')
      expect(nearest('xa.b.evil.example')).toBe('b.evil.example')
      expect(nearest('xb.evil.example')).toBe('evil.example')
    }
  })

  it('forgets what has expired', () => {
    const table = tableOf(['203.0.113.7', 'evil.example'], NOW - 1)
    expect(finds(table, '203.0.113.7')).toBe(false)
    expect(table.domain('evil.example', NOW)).toBeNull()
    expect(table.domain('evil.example', NOW - 2)).not.toBeNull()
  })

  it('holds a hundred thousand without one mistaken for another', () => {
    const texts = Array.from({ length: 100_000 }, (_, n) => `host${n}.example`)
    const table = tableOf(texts)
    expect(texts.every((text) => table.domain(text, NOW)?.indicator === text)).toBe(true)
    const strangers = Array.from({ length: 100_000 }, (_, n) => `host${n}.invalid`)
    expect(strangers.filter((text) => table.domain(text, NOW) !== null)).toEqual([])
  })
})
