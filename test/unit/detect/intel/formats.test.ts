import { describe, expect, it } from 'vitest'
import { formatOf, readerOf, type FeedFormat } from '../../../../src/detect/intel/formats/index.ts'

const read = (format: FeedFormat, text: string, column: string | null = null) =>
  [...readerOf(format)(text, { column })].map((raw) => raw.text)

describe('Feeds', () => {
  it('as plain lists are read without remarks, and in the form of a hosts file', () => {
    const text =
      '# a list\r\n203.0.113.7 ; SBL1\r\n\r\nevil.example # seen\n0.0.0.0 ads.example\nhttp://x.example/a//b\n'
    expect(formatOf(text)).toBe('plain')
    expect(read('plain', text)).toEqual([
      ...['203.0.113.7', 'evil.example', 'ads.example', 'http://x.example/a//b'],
    ])
  })

  it('as tables give the column that is named, numbered, or holds indicators', () => {
    const text =
      '"first seen","dst_ip","port"\n"2026-01-05 10:00:00","203.0.113.7","443"\n"2026-01-05","203.0.113.8","80"\n'
    expect(formatOf(text)).toBe('csv')
    const expected = ['203.0.113.7', '203.0.113.8']
    expect(read('csv', text)).toEqual(expected)
    expect(read('csv', text, 'DST_IP')).toEqual(expected)
    expect(read('csv', text, '2')).toEqual(expected)
    expect(() => read('csv', text, 'domain')).toThrow(
      'there is no column "domain" (there are: first seen, dst_ip, port)',
    )
  })

  it('as tables whose columns a remark names are read too', () => {
    const text = '# id,url,status\n"1","http://evil.example/a,b","online"\n'
    expect(read('csv', text, 'url')).toEqual(['http://evil.example/a,b'])
    expect(read('csv', text)).toEqual(['http://evil.example/a,b'])
  })

  it('of MISP give the attributes that are meant to be matched', () => {
    const attribute = (type: string, value: string, more = {}) => ({ type, value, ...more })
    const text = JSON.stringify({
      Event: {
        Attribute: [
          attribute('ip-dst', '203.0.113.7', { to_ids: true }),
          attribute('domain|ip', 'evil.example|203.0.113.8'),
          attribute('ip-dst', '203.0.113.9', { to_ids: false }),
          attribute('md5', 'd41d8cd98f00b204e9800998ecf8427e'),
        ],
        Object: [{ Attribute: [attribute('url', 'http://evil.example/x')] }],
      },
    })
    expect(formatOf(text)).toBe('misp')
    expect(read('misp', text)).toEqual(['203.0.113.7', 'evil.example', 'http://evil.example/x'])
    expect(read('misp', JSON.stringify({ response: [JSON.parse(text)] }))).toHaveLength(3)
  })

  it('of STIX give the values of patterns that one packet can show', () => {
    const indicator = (pattern: string, more = {}) => ({ type: 'indicator', pattern, ...more })
    const text = JSON.stringify({
      type: 'bundle',
      objects: [
        indicator("[ipv4-addr:value = '203.0.113.7' OR domain-name:value = 'evil.example']", {
          valid_until: '2026-02-01T00:00:00Z',
        }),
        indicator("[url:value = 'http://evil.example/it\\'s']"),
        indicator("[ipv4-addr:value = '203.0.113.8' AND file:name = 'x']"),
        indicator("[domain-name:value = 'old.example']", { revoked: true }),
        indicator("[file:name = 'AND']"),
        { type: 'malware' },
      ],
    })
    expect(formatOf(text)).toBe('stix')
    const raw = [...readerOf('stix')(text, { column: null })]
    expect(raw.map((one) => one.text)).toEqual([
      ...['203.0.113.7', 'evil.example', "http://evil.example/it's"],
      // Handed on whole, to be refused and counted.
      "[ipv4-addr:value = '203.0.113.8' AND file:name = 'x']",
    ])
    expect(raw[0]!.validUntil).toBe(Date.UTC(2026, 1, 1) / 1000)
    expect(raw[2]!.validUntil).toBe(0)
  })

  it('that are not of the form they are said to be are refused', () => {
    expect(() => read('stix', 'evil.example')).toThrow(SyntaxError)
    expect(() => read('stix', '{}')).toThrow('there is no list of objects in it')
    expect(() => read('misp', '[')).toThrow(SyntaxError)
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`
    expect(() => read('misp', deep)).toThrow('its JSON is nested deeper than 64')
    expect(read('misp', `${'['.repeat(60)}${']'.repeat(60)}`)).toEqual([])
  })
})
