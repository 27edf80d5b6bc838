import { describe, expect, test } from 'vitest'
import { formatCidr } from '../../../../src/net/cidr.ts'
import { expiryOf, laterExpiry, readTarget } from '../../../../src/respond/orders/order.ts'

describe('a target', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7/24', '192.0.2.0/24'],
    ['2001:DB8:0:0::7', '2001:db8::7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['192.0.2.7/32', '192.0.2.7'],
  ])('%s is read as %s', (text, canonical) => {
    expect(formatCidr(readTarget(text))).toBe(canonical)
  })

  test.each([
    '',
    ' ',
    'localhost',
    '1.2.3.4; rm -rf /',
    '010.8.8.8',
    '1.2.3.4 ',
    '1.2.3.4/33',
    '1.2.3',
  ])('%j is refused, naming field, value and cure', (text) => {
    expect(() => readTarget(text)).toThrow(
      expect.objectContaining({
        code: 'ERR_API_REQUEST',
        message: expect.stringContaining(`target is ${JSON.stringify(text)}`) as string,
        hint: expect.stringContaining('192.0.2.7') as string,
      }),
    )
  })

  test('of a megabyte is cut in the message', () => {
    expect(() => readTarget('1'.repeat(1_000_000))).toThrow(/^.{60,200}$/)
  })
})

describe('a time', () => {
  test('that is absent is the default, and null is for good', () => {
    expect(expiryOf(undefined, 3600, 1000)).toBe(3_601_000)
    expect(expiryOf(null, 3600, 1000)).toBeNull()
    expect(expiryOf(600, 3600, 1000)).toBe(601_000)
  })

  test.each([0, -1, 1.5, Number.NaN, 2_147_484])('of %d seconds is refused', (seconds) => {
    expect(() => expiryOf(seconds, 3600, 0)).toThrow(/ttlSeconds is .* use a whole number from 1/)
  })

  test('is later than another, and for good is the latest', () => {
    expect(laterExpiry(5, 7)).toBe(7)
    expect(laterExpiry(7, null)).toBeNull()
  })
})
