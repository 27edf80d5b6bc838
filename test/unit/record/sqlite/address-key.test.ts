import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAddress, type IpAddress } from '../../../../src/net/address.ts'
import { cidrContains, parseCidr } from '../../../../src/net/cidr.ts'
import { addressKey, addressOfKey, keyRange } from '../../../../src/record/sqlite/address-key.ts'

const key = (text: string): Buffer => addressKey(parseAddress(text)!)
const word = fc.integer({ min: 0, max: 0xffffffff })
const ipv4 = word.map((last): IpAddress => ({ family: 4, words: [0, 0, 0, last] }))
const ipv6 = fc
  .tuple(word, word, word, word)
  // The IPv4-mapped range does not occur: net/address.ts reads it as IPv4.
  .filter(([a, b, c]) => a !== 0 || b !== 0 || c !== 0xffff)
  .map((words): IpAddress => ({ family: 6, words }))

describe('addressKey', () => {
  it.each(['0.0.0.0', '10.0.0.5', '255.255.255.255', '::', '2001:db8::1', 'fe80::1:2:3:4'])(
    'gives %s back as it was',
    (text) => {
      expect(addressOfKey(key(text))).toBe(text)
    },
  )

  it('sorts like the addresses themselves', () => {
    const sorted = [
      '0.0.0.1',
      '9.255.255.255',
      '10.0.0.0',
      '200.0.0.1',
      '::1',
      '2001:db8::',
      'ff02::1',
    ]
    const keys = sorted.map(key)
    expect([...keys].sort((one, other) => Buffer.compare(one, other))).toEqual(keys)
  })

  it('holds exactly the addresses of a range between its two ends', () => {
    const range = fc.tuple(fc.oneof(ipv4, ipv6), fc.integer({ min: 0, max: 128 }))
    fc.assert(
      fc.property(range, fc.oneof(ipv4, ipv6), ([base, length], address) => {
        const prefix = base.family === 4 ? length % 33 : length
        const cidr = parseCidr(`${addressOfKey(addressKey(base))}/${prefix}`)!
        const { first, last } = keyRange(cidr)
        const found = addressKey(address)
        const isBetween = Buffer.compare(found, first) >= 0 && Buffer.compare(found, last) <= 0
        expect(isBetween).toBe(cidrContains(cidr, address))
      }),
    )
  })

  it('keeps the IPv6 addresses that begin with the same bytes out of an IPv4 range', () => {
    const { first, last } = keyRange(parseCidr('32.0.0.0/3')!)
    expect(Buffer.compare(key('2001:db8::1'), last)).toBe(1)
    expect(Buffer.compare(first, key('32.1.13.184'))).toBe(-1)
  })
})
