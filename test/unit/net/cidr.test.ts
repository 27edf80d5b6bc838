import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../../src/net/address.ts'
import { cidrContains, cidrOverlaps, formatCidr, parseCidr } from '../../../src/net/cidr.ts'

const cidr = (text: string) => parseCidr(text)!
const address = (text: string) => parseAddress(text)!

describe('parseCidr', () => {
  it.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7/32', '192.0.2.7'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:db8::ffff/64', '2001:db8::/64'],
    ['2001:db8::1/128', '2001:db8::1'],
    ['2001:db8:8000::/33', '2001:db8:8000::/33'],
  ])('prints %s as %s', (text, canonical) => {
    expect(formatCidr(cidr(text))).toBe(canonical)
  })

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '::/129',
    '10.0.0.0/8/8',
    '/8',
  ])('refuses %j', (text) => {
    expect(parseCidr(text)).toBeNull()
  })

  it('knows what lies inside, never across families', () => {
    expect(cidrContains(cidr('10.0.0.0/8'), address('10.255.0.1'))).toBe(true)
    expect(cidrContains(cidr('10.0.0.0/8'), address('11.0.0.0'))).toBe(false)
    expect(cidrContains(cidr('::/0'), address('10.0.0.1'))).toBe(false)
    expect(cidrContains(cidr('128.0.0.0/1'), address('255.1.1.1'))).toBe(true)
    expect(cidrContains(cidr('2001:db8::/65'), address('2001:db8::7fff:ffff:ffff:ffff'))).toBe(true)
    expect(cidrContains(cidr('2001:db8::/65'), address('2001:db8::8000:0:0:0'))).toBe(false)
  })

  it('knows overlap either way round', () => {
    expect(cidrOverlaps(cidr('10.0.0.0/8'), cidr('10.1.0.0/16'))).toBe(true)
    expect(cidrOverlaps(cidr('10.1.0.0/16'), cidr('10.0.0.0/8'))).toBe(true)
    expect(cidrOverlaps(cidr('10.1.0.0/16'), cidr('10.2.0.0/16'))).toBe(false)
  })
})
