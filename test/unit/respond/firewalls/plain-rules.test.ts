import { expect, test } from 'vitest'
import {
  readRule,
  rulesOf,
  wholeEntries,
} from '../../../../src/respond/firewalls/iptables/plain-rules.ts'
import { entryFor } from '../../../support/response/blocking.ts'

const NOW_MS = Date.UTC(2026, 0, 5, 10, 0, 0, 123)
const COUNTED = ' -c 7 420 -j DROP'

const ENTRIES = [
  entryFor('192.0.2.7', { remainingSeconds: 599.877 }),
  entryFor('198.51.100.0/24'),
  entryFor('2001:db8::/48', { direction: 'in', protocol: 'icmp', remainingSeconds: 0.877 }),
  entryFor('192.0.2.7', { direction: 'out', protocol: 'tcp', ports: { first: 22, last: 22 } }),
  entryFor('2001:db8::7', { protocol: 'sctp', ports: { first: 1024, last: 65_535 } }),
]

/** As the kernel prints what it was given: no counters before the rule, one port alone as one. */
const printed = (rule: string): string =>
  rule
    .replace(/^\[\d+:\d+\] /, '')
    .replace(/--dport (\d+):\1 /, '--dport $1 ')
    .replace(' -j DROP', COUNTED)

test.each(ENTRIES)('$target $direction is read back as it was written', (entry) => {
  const rules = rulesOf(entry, [], NOW_MS)
  const read = rules.map((rule) => readRule(printed(rule), entry.family, NOW_MS)!)
  const [whole] = wholeEntries(read)
  const packets = 7 * rules.length
  expect(whole).toEqual({ ...entry, packets, bytes: 60 * packets })
})

test('however often a rule is written again, its time does not move, and its counts stay', () => {
  let lines = rulesOf(entryFor('192.0.2.7', { remainingSeconds: 600 }), [], NOW_MS).map(printed)
  const first = lines
  for (let nowMs = NOW_MS; nowMs < NOW_MS + 60_000; nowMs += 617) {
    const read = lines.map((line) => readRule(line, 4, nowMs)!)
    const written = rulesOf(wholeEntries(read)[0]!, read, nowMs)
    expect(written.every((rule) => rule.startsWith('[7:420] '))).toBe(true)
    lines = written.map(printed)
  }
  expect(lines).toEqual(first)
})

test.each([
  '-A PICKET -j RETURN',
  '-A PICKET -s 192.0.2.7/32 -c 0 0 -j DROP',
  '-A PICKET -s 192.0.2.7/32 -m comment --comment "both for good" -c 0 0 -j ACCEPT',
  '-A PICKET -d 192.0.2.7/32 -m comment --comment "in for good" -c 0 0 -j DROP',
  '-A PICKET -s 192.0.2.7/32 -p gre -m comment --comment "in for good" -c 0 0 -j DROP',
  '-A INPUT -s 192.0.2.7/32 -m comment --comment "in for good" -c 0 0 -j DROP',
])('%s is none of ours', (line) => {
  expect(readRule(line, 4, NOW_MS)).toBeNull()
})

test('an entry of which a rule is missing is not held', () => {
  const rules = rulesOf(entryFor('192.0.2.7'), [], NOW_MS).map(printed)
  expect(wholeEntries([readRule(rules[0]!, 4, NOW_MS)!])).toEqual([])
})
