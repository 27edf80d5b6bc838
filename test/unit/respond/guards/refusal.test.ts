import { describe, expect, test } from 'vitest'
import { parseCidr } from '../../../../src/net/cidr.ts'
import {
  BlockRefused,
  guardAll,
  refusal,
  type Guard,
  type GuardFacts,
} from '../../../../src/respond/guards/refusal.ts'

const FACTS: GuardFacts = {
  minPrefix4: 16,
  minPrefix6: 48,
  guarded: [
    ...guardAll('own-address', ['10.0.0.5', '2001:db8:5::5']),
    ...guardAll('gateway', ['10.0.0.1', 'fe80::1']),
    ...guardAll('resolver', ['9.9.9.9']),
    ...guardAll('sink', ['198.51.100.20']),
    ...guardAll('allowlist', ['192.0.2.0/24', '2001:db8:a::/48']),
    ...guardAll('administrator', ['203.0.113.77']),
    ...guardAll('caller', ['203.0.113.78']),
  ],
}

function guardOf(target: string): Guard | null {
  return refusal(parseCidr(target)!, FACTS)?.guard ?? null
}

test.each<[string, Guard]>([
  ['0.0.0.0/0', 'range-too-wide'],
  ['::/0', 'range-too-wide'],
  ['8.0.0.0/15', 'range-too-wide'],
  ['2001:db8::/47', 'range-too-wide'],
  ['0.0.0.0', 'special-range'],
  ['0.1.2.3', 'special-range'],
  ['127.0.0.53', 'special-range'],
  ['127.0.0.0/16', 'special-range'],
  ['169.254.169.254', 'special-range'],
  ['224.0.0.1', 'special-range'],
  ['239.255.255.250', 'special-range'],
  ['255.255.255.255', 'special-range'],
  ['255.255.255.0/24', 'special-range'],
  ['::', 'special-range'],
  ['::1', 'special-range'],
  ['::/64', 'special-range'],
  ['::ffff:127.0.0.1', 'special-range'],
  ['fe80::1234', 'special-range'],
  ['ff02::1', 'special-range'],
  ['10.0.0.5', 'own-address'],
  ['10.0.0.4/30', 'own-address'],
  ['2001:db8:5::/64', 'own-address'],
  ['10.0.0.1', 'gateway'],
  ['9.9.9.9', 'resolver'],
  ['9.9.0.0/16', 'resolver'],
  ['198.51.100.20', 'sink'],
  ['192.0.2.7', 'allowlist'],
  ['192.0.0.0/16', 'allowlist'],
  ['2001:db8:a:1::7', 'allowlist'],
  ['203.0.113.77', 'administrator'],
  ['203.0.113.78', 'caller'],
])('%s is refused by the guard %s', (target, guard) => {
  expect(guardOf(target)).toBe(guard)
})

test.each(['10.0.0.6', '8.8.0.0/16', '203.0.113.79', '2001:db8:b::/48', '2001:db8:5:0:1::5'])(
  '%s may be blocked',
  (target) => {
    expect(guardOf(target)).toBeNull()
  },
)

describe('a refusal in words', () => {
  const why = (target: string): string | undefined => refusal(parseCidr(target)!, FACTS)?.why

  test('says what the address is', () => {
    expect(why('10.0.0.1')).toBe("it is this host's gateway")
  })

  test('names the address a range would have cut off', () => {
    expect(why('10.0.0.4/30')).toBe("it holds 10.0.0.5, this host's own address")
  })

  test('names the allowed range an address lies in', () => {
    expect(why('192.0.2.7')).toBe('it lies in 192.0.2.0/24, on the allowlist')
  })

  test('becomes an error that carries guard, reason and cure', () => {
    const error = new BlockRefused('192.0.2.7', refusal(parseCidr('192.0.2.7')!, FACTS)!)
    expect(error).toMatchObject({
      code: 'ERR_BLOCK_REFUSED',
      guard: 'allowlist',
      message: '192.0.2.7 is not blocked: it lies in 192.0.2.0/24, on the allowlist',
      hint: expect.stringContaining('policy.allowlist') as string,
    })
  })
})
