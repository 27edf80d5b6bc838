import { expect, test } from 'vitest'
import { kindOfSuffix, suffixOf } from '../../../../src/respond/firewalls/entry-kind.ts'
import { setOf } from '../../../../src/respond/firewalls/iptables/ipset.ts'
import {
  rulesStand,
  rulesToRemove,
  rulesToRestore,
  setRules,
} from '../../../../src/respond/firewalls/iptables/packet-rules.ts'

const CHAIN = `-A PICKET -m set --match-set picket4 src -j DROP
-A PICKET -m set --match-set picket4 dst -j DROP`

const WHOLE = `-P INPUT DROP
-P FORWARD ACCEPT
-P OUTPUT ACCEPT
-N DOCKER
-N PICKET
-A INPUT -j PICKET
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -j PICKET
-A FORWARD -o docker0 -j DOCKER
-A OUTPUT -j PICKET
${CHAIN}
`

test('rules stand when chain and jumps are there and the jumps come first', () => {
  expect(rulesStand(WHOLE, CHAIN.split('\n'))).toBe(true)
})

test.each([
  ['the chain is missing', WHOLE.replace('-N PICKET\n', '')],
  ['one of its rules is missing', WHOLE.replace(CHAIN.split('\n')[1]!, '')],
  ['its rules name another set', WHOLE.replaceAll('picket4', 'other')],
  ['it has a rule more', `${WHOLE}-A PICKET -j RETURN\n`],
  ['a jump is missing', WHOLE.replace('-A OUTPUT -j PICKET\n', '')],
  ['a jump is there twice', `${WHOLE}-A INPUT -j PICKET\n`],
  ['a jump is not first', WHOLE.replace('-A INPUT -j', '-A INPUT -i lo -j ACCEPT\n-A INPUT -j')],
])('rules do not stand when %s', (_, listing) => {
  expect(rulesStand(listing, CHAIN.split('\n'))).toBe(false)
})

test('restoring takes out every jump of ours and puts one first, in one transaction', () => {
  const listing = WHOLE.concat('-A INPUT -j PICKET\n')
  expect(rulesToRestore(listing, CHAIN.split('\n')).split('\n')).toEqual([
    '*filter',
    ':PICKET - [0:0]',
    ...CHAIN.split('\n'),
    '-D INPUT -j PICKET',
    '-D INPUT -j PICKET',
    '-I INPUT 1 -j PICKET',
    '-D FORWARD -j PICKET',
    '-I FORWARD 1 -j PICKET',
    '-D OUTPUT -j PICKET',
    '-I OUTPUT 1 -j PICKET',
    'COMMIT',
    '',
  ])
})

test('removing names our jumps and our chain and nothing else', () => {
  expect(rulesToRemove(WHOLE)?.split('\n')).toEqual([
    '*filter',
    '-D INPUT -j PICKET',
    '-D FORWARD -j PICKET',
    '-D OUTPUT -j PICKET',
    '-F PICKET',
    '-X PICKET',
    'COMMIT',
    '',
  ])
})

test('where nothing is ours, nothing is removed', () => {
  expect(rulesToRemove('-P INPUT ACCEPT\n-N PICKET-OTHER\n-A INPUT -j PICKET-OTHER\n')).toBeNull()
})

test('each kind of entry is looked for on its side, by its protocol, in a set of its own', () => {
  const suffixes = ['', '-in-tcp', '-out-icmp', '-in-port', '-out-port', '-out-sctp-1024-65535']
  const kinds = suffixes.flatMap((suffix) => kindOfSuffix(suffix) ?? [])
  expect(kinds.map(suffixOf)).toEqual(suffixes)
  const rules = kinds.flatMap((kind) => setRules(setOf(6, kind, 100)))
  expect(new Set(rules).size).toBe(rules.length)
  expect(rules).toContain('-A PICKET -m set --match-set picket6 src -j DROP')
  expect(rules).toContain('-A PICKET -p tcp -m set --match-set picket6-in-tcp src -j DROP')
  expect(rules).toContain('-A PICKET -p ipv6-icmp -m set --match-set picket6-out-icmp dst -j DROP')
  expect(rules).toContain('-A PICKET -m set --match-set picket6-in-port src,dst -j DROP')
  expect(rules).toContain('-A PICKET -m set --match-set picket6-out-port dst,dst -j DROP')
  expect(rules).toContain(
    '-A PICKET -p sctp -m sctp --dport 1024:65535 -m set --match-set picket6-out-sctp-1024-65535 dst -j DROP',
  )
})
