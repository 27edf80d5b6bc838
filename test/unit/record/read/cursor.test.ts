import { describe, expect, it } from 'vitest'
import {
  decodeIdCursor,
  decodeRowCursor,
  encodeCursor,
} from '../../../../src/record/read/cursor.ts'

const base64url = (text: string): string => Buffer.from(text).toString('base64url')

describe('cursor', () => {
  it('gives back where the page ended', () => {
    const cursor = encodeCursor('flows', { time: 1767607200000123, tie: 42 })
    expect(decodeRowCursor('flows', cursor)).toEqual({ time: 1767607200000123, tie: 42 })
    expect(cursor).toMatch(/^[A-Za-z0-9_-]{1,200}$/)
  })

  it.each([
    ['empty', ''],
    ['not base64url', 'a b'],
    ['not JSON', base64url('[1,2')],
    ['no list', base64url('{"0":"events"}')],
    ['of another listing', encodeCursor('flows', { time: 1, tie: 'a' })],
    ['without a whole time', base64url('["events",1.5,"a"]')],
    ['with a row number for an id', encodeCursor('events', { time: 1, tie: 1 })],
    ['with an object for an id', base64url('["events",1,{"a":1}]')],
    ['too long', base64url(`["events",1,"${'a'.repeat(300)}"]`)],
  ])('refuses one that is %s', (_, cursor) => {
    expect(() => decodeIdCursor('events', cursor)).toThrow(
      expect.objectContaining({ code: 'ERR_API_REQUEST' }),
    )
  })
})
