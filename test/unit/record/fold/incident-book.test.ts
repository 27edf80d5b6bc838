import { expect, it } from 'vitest'
import { rfc3339FromUs } from '../../../../src/core/clock.ts'
import { IncidentBook } from '../../../../src/record/fold/incident-book.ts'
import { TEN_OCLOCK_US } from '../../../support/detection/detections.ts'

const HOUR_US = 3_600_000_000

const event = (changes: object = {}, atUs = TEN_OCLOCK_US) => ({
  ...{ family: 'scan' as const, host: null, attacker: '192.0.2.7', victims: ['10.0.0.5'] },
  ...{ severity: 6, firstSeen: rfc3339FromUs(atUs), ...changes },
})

it('joins what one attacker does, whatever it is and whomever it hits', () => {
  const book = new IncidentBook(3600)
  const first = book.join(event(), TEN_OCLOCK_US, null)
  const guessing = event({ family: 'bruteforce', victims: ['10.0.0.6'] })
  expect(first).toMatch(/^[0-9a-f-]{36}$/)
  expect(book.join(guessing, TEN_OCLOCK_US, null)).toBe(first)
  expect(book.join(event({ attacker: '192.0.2.8' }), TEN_OCLOCK_US, null)).not.toBe(first)
})

it('is about the misused host where there is one, and about the victim where nobody can be named', () => {
  const book = new IncidentBook(3600)
  const beacon = book.join(
    event({ host: '10.0.0.5', attacker: '198.51.100.1' }),
    TEN_OCLOCK_US,
    null,
  )
  expect(
    book.join(event({ host: '10.0.0.5', attacker: '198.51.100.2' }), TEN_OCLOCK_US, null),
  ).toBe(beacon)
  const flood = book.join(event({ attacker: null, victims: ['10.0.0.9'] }), TEN_OCLOCK_US, null)
  expect(flood).not.toBe(beacon)
  expect(
    book.join(event({ attacker: null, victims: ['10.0.0.9', '10.0.0.8'] }), TEN_OCLOCK_US, null),
  ).toBe(flood)
})

it('begins anew after a long silence, but an event stays where it is', () => {
  const book = new IncidentBook(3600)
  const first = book.join(event(), TEN_OCLOCK_US, null)
  const later = TEN_OCLOCK_US + 2 * HOUR_US
  const second = book.join(event({}, later), later, null)
  expect(second).not.toBe(first)
  expect(book.join(event(), later, first)).toBe(first)
})

it('is not begun by what is only notable, nor by what the agent says of itself', () => {
  const book = new IncidentBook(3600)
  expect(book.join(event({ severity: 3 }), TEN_OCLOCK_US, null)).toBeNull()
  expect(book.join(event({ family: 'health' }), TEN_OCLOCK_US, null)).toBeNull()
  const open = book.join(event(), TEN_OCLOCK_US, null)
  expect(book.join(event({ severity: 3 }), TEN_OCLOCK_US, null)).toBe(open)
})

it('goes on after a restart', () => {
  const open = [{ id: 'incident-1', party: '192.0.2.7', lastUs: TEN_OCLOCK_US }]
  expect(new IncidentBook(3600, open).join(event(), TEN_OCLOCK_US, null)).toBe('incident-1')
})
