import { describe, expect, it } from 'vitest'
import { rfc3339FromUs, usFromRfc3339 } from '../../../src/core/clock.ts'
import { uuidv7 } from '../../../src/core/uuid.ts'

describe('times', () => {
  it('keeps microseconds both ways', () => {
    const text = '2026-01-05T10:00:00.000123Z'
    expect(rfc3339FromUs(usFromRfc3339(text))).toBe(text)
  })

  it('reads offsets and shorter fractions', () => {
    expect(usFromRfc3339('2026-01-05T11:00:00.5+01:00')).toBe(
      Date.UTC(2026, 0, 5, 10) * 1000 + 500_000,
    )
  })

  it.each([
    '2026-01-05T10:00:00.999999Z',
    '1969-12-31T23:59:59.000001Z',
    '2024-02-29T00:00:00.5Z',
    '2026-01-31T23:59:59.000002Z',
  ])('reads %s the same in its short form', (text) => {
    expect(usFromRfc3339(text)).toBe(usFromRfc3339(text.replace('Z', '+00:00')))
  })

  it.each([
    '2026-13-05T10:00:00.000000Z',
    '2026-01-05',
    'yesterday',
    '2026-01-05T10:00:00',
    '2026-13-05T10:00:00Z',
    '2026-02-30T10:00:00Z',
    '2026-02-30T10:00:00.000000Z',
    '2026-04-31T10:00:00.000000Z',
    '2026-01-05T24:00:00Z',
    '2026-01-05T24:00:00.000000Z',
    '',
  ])('refuses %j', (text) => {
    expect(usFromRfc3339(text)).toBeNaN()
  })
})

describe('uuidv7', () => {
  it('sorts by time, and says version 7 and variant 2', () => {
    const earlier = uuidv7(1_700_000_000_000)
    const later = uuidv7(1_700_000_000_001)
    expect(earlier < later).toBe(true)
    expect(earlier).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})
