import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalAddress, formatAddress, parseAddress } from '../../../src/net/address.ts'

describe('parseAddress', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['2001:0:0:1:0:0:1:1', '2001::1:0:0:1:1'],
    ['1:0:2:0:3:0:4:0', '1:0:2:0:3:0:4:0'],
    ['::', '::'],
    ['fe80::', 'fe80::'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
  ])('prints %s canonically as %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical)
  })

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '010.8.8.8',
    '1.2.3.256',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.4; rm -rf /',
    '0x7f.0.0.1',
    '2130706433',
    '1.2.3.-4',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'fe80::1%eth0',
    '::ffff:010.0.0.1',
    '-j ACCEPT',
    'localhost',
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeNull()
  })

  it('reads back whatever it prints', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff })
    fc.assert(
      fc.property(word, word, word, word, fc.boolean(), (a, b, c, d, isV4) => {
        const isMapped = a === 0 && b === 0 && c === 0xffff
        const words = isV4 ? ([0, 0, 0, d] as const) : ([a, b, isMapped ? 1 : c, d] as const)
        const address = { family: isV4 ? (4 as const) : (6 as const), words }
        expect(parseAddress(formatAddress(address))).toEqual(address)
      }),
    )
  })
})
