import { endianness } from 'node:os'
import { expect, test } from 'vitest'
import {
  gateways4,
  gateways6,
  localAddresses4,
  localAddresses6,
  nameservers,
  readHostFacts,
} from '../../../../src/respond/guards/host-facts.ts'

const isLittle = endianness() === 'LE'

test('local and broadcast addresses are read from fib_trie, routes of others are not', () => {
  const trie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     |-- 192.0.2.0
        /24 link UNICAST
Local:
     +-- 192.0.2.0/24 2 0 1
        |-- 192.0.2.2
           /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
`
  expect(localAddresses4(trie)).toEqual(['192.0.2.2', '192.0.2.255'])
})

test('IPv6 addresses are read from if_inet6', () => {
  const text = `00000000000000000000000000000001 01 80 10 80       lo
fe800000000000001234567890abcdef 02 40 20 80     eth0
`
  expect(localAddresses6(text)).toEqual(['::1', 'fe80::1234:5678:90ab:cdef'])
})

test.runIf(isLittle)('gateways are read from the routes that have one', () => {
  const text = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
`
  expect(gateways4(text)).toEqual(['192.0.2.1'])
})

test('IPv6 gateways are read from the next hops', () => {
  const zero = '0'.repeat(32)
  const hop = 'fe800000000000000000000000000001'
  const text = [
    `${zero} 00 ${zero} 00 ${hop} 00000400 00000001 00000000 00000003     eth0`,
    `fd000077${'0'.repeat(24)} 40 ${zero} 00 ${zero} 00000100 00000001 00000000 00000001     eth0`,
    '',
  ].join('\n')
  expect(gateways6(text)).toEqual(['fe80::1'])
})

test('name servers are read with comments, options and zones beside them', () => {
  const text = `# made by hand
search example.org
 nameserver 192.0.2.53
nameserver fe80::53%eth0
;nameserver 198.51.100.1
options edns0
`
  expect(nameservers(text)).toEqual(['192.0.2.53', 'fe80::53'])
})

test('files without content hold nothing', () => {
  const readers = [localAddresses4, localAddresses6, gateways4, gateways6, nameservers]
  expect(readers.flatMap((read) => read(''))).toEqual([])
})

test('this machine itself has a loopback address', async () => {
  expect((await readHostFacts()).ownAddresses).toContain('127.0.0.1')
})
