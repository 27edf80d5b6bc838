import { describe, expect, it } from 'vitest'
import { valuesInPattern } from '../../../../src/detect/intel/formats/stix-pattern.ts'

describe('A STIX pattern', () => {
  it.each<[string, readonly string[]]>([
    ["[ipv4-addr:value = '203.0.113.7']", ['203.0.113.7']],
    ["[ipv4-addr:value IN ('203.0.113.7', '203.0.113.8')]", ['203.0.113.7', '203.0.113.8']],
    ["[ipv6-addr:value ISSUBSET '2001:db8::/32']", ['2001:db8::/32']],
    ["[domain-name:value = 'a.example' OR url:value = 'http://b.example/c']", ['a.example', 'http://b.example/c']],
    ["[ipv4-addr:value = '203.0.113.7'] OR ([domain-name:value = 'a.example'])", ['203.0.113.7', 'a.example']],
    ["[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '203.0.113.7' AND network-traffic:dst_port = 443]", ['203.0.113.7']],
    ["[(network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '203.0.113.7') OR (domain-name:value = 'a.example')]", ['203.0.113.7', 'a.example']],
    ["[network-traffic:extensions.'tls-ext'.ja3_hash = 'e7d705a3286e19ea42f587b344ee6865']", ['e7d705a3286e19ea42f587b344ee6865']],
    ["[url:value = 'http://evil.example/it\\'s']", ["http://evil.example/it's"]],
  ])('%s gives what any one packet may show', (pattern, values) => {
    expect(valuesInPattern(pattern)).toEqual(values)
  }) // prettier-ignore

  it.each([
    "[ipv4-addr:value = '203.0.113.7' AND domain-name:value = 'a.example']",
    "[ipv4-addr:value = '203.0.113.7' AND file:name = 'x']",
    "[ipv4-addr:value = '203.0.113.7' OR file:name = 'x']",
    "[ipv4-addr:value != '203.0.113.7']",
    "[NOT ipv4-addr:value = '203.0.113.7']",
    "[domain-name:value LIKE '%.example']",
    "[ipv4-addr:value = '203.0.113.7'] AND [domain-name:value = 'a.example']",
    "[ipv4-addr:value = '203.0.113.7'] FOLLOWEDBY [domain-name:value = 'a.example']",
    "[ipv4-addr:value = '203.0.113.7'] REPEATS 5 TIMES WITHIN 60 SECONDS",
    "[ipv4-addr:value = '203.0.113.7'",
    "[ipv4-addr:value = '203.0.113.7",
    "ipv4-addr:value = '203.0.113.7'",
    "[ipv4-addr:value IN ('203.0.113.7',)]",
    `${'('.repeat(99)}[ipv4-addr:value = '203.0.113.7']${')'.repeat(99)}`,
  ])('%s asks for more, and gives none', (pattern) => {
    expect(valuesInPattern(pattern)).toEqual([])
  })

  it.each(["[file:name = 'AND']", "[file:hashes.MD5 = 'x' AND file:size > 5]", '', 'alert tcp'])(
    '%s has nothing in it that packets show',
    (pattern) => {
      expect(valuesInPattern(pattern)).toBeNull()
    },
  )
})
