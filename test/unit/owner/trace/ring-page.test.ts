import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readRingPage } from '../../../../src/owner/trace/ring-page.ts'
import { tracePage, type PageEntry } from '../../../support/trace-page.ts'

const DATA_OFFSET = 16
const START_NS = 5_000_000_000

function read(page: Buffer) {
  const events: { timeNs: number; bytes: string }[] = []
  const lost = readRingPage(page, page.length, DATA_OFFSET, (timeNs, at, length) => {
    expect(at + length).toBeLessThanOrEqual(page.length)
    events.push({ timeNs, bytes: page.toString('latin1', at, at + length) })
  })
  return { events, lost }
}

const payload = (text: string) => Buffer.from(text, 'latin1')

describe('readRingPage', () => {
  it('hands over events in order, each at its time', () => {
    const page = tracePage(START_NS, [
      { delta: 0, payload: payload('one.') },
      { delta: 250, payload: payload('two.two.') },
    ])
    expect(read(page)).toEqual({
      events: [
        { timeNs: START_NS, bytes: 'one.' },
        { timeNs: START_NS + 250, bytes: 'two.two.' },
      ],
      lost: 0,
    })
  })

  it('reads events that are longer than their header can say', () => {
    const long = 'x'.repeat(400)
    const page = tracePage(START_NS, [{ delta: 7, payload: payload(long), isLong: true }])
    expect(read(page).events).toEqual([{ timeNs: START_NS + 7, bytes: long }])
  })

  it('adds up long pauses, takes absolute times, and counts the time of discarded events', () => {
    const minuteNs = 60e9
    const page = tracePage(START_NS, [
      { extendNs: minuteNs },
      { delta: 0, payload: payload('late') },
      { delta: 40, discardedBytes: 24 },
      { delta: 2, payload: payload('next') },
      { stampNs: 2 * minuteNs },
      { delta: 3, payload: payload('last') },
    ])
    expect(read(page).events.map(({ timeNs }) => timeNs)).toEqual([
      START_NS + minuteNs,
      START_NS + minuteNs + 42,
      2 * minuteNs + 3,
    ])
  })

  it('tells how many events the kernel lost before the page', () => {
    const entries: PageEntry[] = [{ delta: 0, payload: payload('kept') }]
    expect(read(tracePage(START_NS, entries, { count: 37 }))).toMatchObject({ lost: 37 })
  })

  it('never throws and never reads past the end, whatever the page holds', () => {
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 300 })
    fc.assert(
      fc.property(bytes, (data) => {
        read(Buffer.from(data))
      }),
      { numRuns: 2_000 },
    )
    const whole = tracePage(START_NS, [
      { delta: 0, payload: payload('one.') },
      { extendNs: 1e10 },
      { delta: 1, payload: payload('x'.repeat(64)), isLong: true },
    ])
    for (let length = 0; length < whole.length; length += 1) read(whole.subarray(0, length))
  })
})
