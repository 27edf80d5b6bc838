import { describe, expect, it } from 'vitest'
import { alert, type Decision } from '../../../../src/decide/index.ts'
import { EventFolder } from '../../../../src/record/fold/event-folder.ts'
import { IncidentBook } from '../../../../src/record/fold/incident-book.ts'
import { detection, TEN_OCLOCK_US } from '../../../support/detection/detections.ts'
import { owner } from '../../../support/record.ts'

const alerted = alert('test')
const clock = { nowMs: () => TEN_OCLOCK_US / 1000 }
const folder = (openStories = {}) =>
  new EventFolder({
    agentId: 'agent-1',
    foldSeconds: 600,
    clock,
    incidents: new IncidentBook(3600),
    ...openStories,
  })
const later = (seconds: number) => ({
  id: '019b8d2a-0000-7000-8000-000000000002',
  firstSeenUs: TEN_OCLOCK_US + seconds * 1e6,
  lastSeenUs: TEN_OCLOCK_US + (seconds + 5) * 1e6,
})

describe('EventFolder', () => {
  it('makes one event of a story that is told again and again', () => {
    const stories = folder()
    const first = stories.fold(detection({ count: 20 }), alerted, 'eth0').event
    const second = stories.fold(
      detection({ count: 90, severity: 7, lastSeenUs: TEN_OCLOCK_US + 60e6 }),
      alerted,
      'eth0',
    ).event
    expect(second.id).toBe(first.id)
    expect(second).toMatchObject({
      count: 90,
      severity: 7,
      lastSeen: '2026-01-05T10:01:00.000000Z',
      summary: first.summary,
    })
    expect(second.firstSeen).toBe(first.firstSeen)
  })

  it('keeps the process that an earlier telling named', () => {
    const stories = folder()
    stories.fold(detection({ process: owner() }), alerted, 'eth0')
    const { event } = stories.fold(detection({ count: 90 }), alerted, 'eth0')
    expect(event.process).toEqual(owner())
    const other = owner({ pid: 900 })
    const renewed = stories.fold(detection({ process: other }), alerted, 'eth0').event
    expect(renewed.process).toEqual(other)
  })

  it('adds a new telling within the fold time to the same event', () => {
    const stories = folder()
    const first = stories.fold(detection({ count: 20 }), alerted, 'eth0').event
    stories.fold(detection({ ...later(100), count: 5 }), alerted, 'eth0')
    const third = stories.fold(detection({ ...later(100), count: 7 }), alerted, 'eth0').event
    expect(third).toMatchObject({ id: first.id, count: 27 })
    expect(third.summary).toBe(`${first.summary}; 27 in all since 2026-01-05 10:00:00`)
  })

  it('begins a new event when the story had been quiet for longer', () => {
    const stories = folder()
    const first = stories.fold(detection(), alerted, 'eth0').event
    const second = stories.fold(detection({ ...later(700), count: 3 }), alerted, 'eth0').event
    expect(second.id).not.toBe(first.id)
    expect(second.count).toBe(3)
  })

  it.each([
    ['attacker', { attacker: '192.0.2.8' }],
    ['victim', { victims: ['10.0.0.6'] }],
    ['kind', { kind: 'scan.vertical.fin' as const }],
  ])('keeps stories of another %s apart', (_, changes) => {
    const stories = folder()
    const first = stories.fold(detection(), alerted, 'eth0').event
    const other = stories.fold(detection({ ...later(1), ...changes }), alerted, 'eth0').event
    expect(other.id).not.toBe(first.id)
  })

  it('goes on with the event it had before a restart', () => {
    const before = folder().fold(detection({ count: 40 }), alerted, 'eth0')
    const after = folder({ openStories: [before] })
    const event = after.fold(detection({ ...later(60), count: 2 }), alerted, 'eth0').event
    expect(event).toMatchObject({ id: before.event.id, count: 42 })
  })

  it('remembers that it blocked, and takes it back when the block is refused', () => {
    const stories = folder()
    const block: Decision = { ...alerted, verdict: 'block', target: '192.0.2.7', ttlSeconds: 60 }
    const { event } = stories.fold(detection(), block, 'eth0')
    expect(stories.fold(detection({ count: 2000 }), alerted, 'eth0').event.verdict).toBe('block')
    const amended = stories.amend(event.id, { verdict: 'alert', decision: 'refused: own address' })
    expect(amended?.event).toMatchObject({ id: event.id, verdict: 'alert' })
  })

  it('never holds more than its cap of open stories', () => {
    const stories = folder()
    const first = stories.fold(detection(), alerted, 'eth0').event
    for (let n = 0; n < 20_000; n += 1) {
      const attacker = `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`
      stories.fold(detection({ id: `telling-${n}`, attacker }), alerted, 'eth0')
    }
    const again = stories.fold(detection({ ...later(1) }), alerted, 'eth0').event
    expect(again.id).not.toBe(first.id)
  })
})
