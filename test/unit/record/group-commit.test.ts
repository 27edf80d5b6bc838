import { describe, expect, it } from 'vitest'
import { Writer } from '../../../src/record/write/writer.ts'
import { openedRecord, stories, temporaryFolder } from '../../support/record.ts'

const row = (subject: string) => {
  const entry = { actor: 'local', action: 'test', subject, details: {} }
  return { entry, atMs: 1 }
}

describe('what waits to be written together', () => {
  it('is written in its order, numbered without a gap, each answered with its own', async () => {
    const record = await openedRecord(await temporaryFolder())
    const saved = await Promise.all(
      Array.from({ length: 200 }, () => record.events.save(stories(2), { forward: true })),
    )
    const numbers = saved.flat().map(({ sequence }) => sequence)
    expect(numbers).toEqual(Array.from({ length: 400 }, (_, index) => index + 1))
    expect(record.outbox.after(0, 1000)).toHaveLength(400)
  })

  it('keeps its audit rows chained', async () => {
    const record = await openedRecord(await temporaryFolder())
    const subjects = Array.from({ length: 150 }, (_, index) => `subject ${index}`)
    await Promise.all(subjects.map((subject) => record.audit.append(row(subject).entry)))
    expect(await record.audit.verify()).toMatchObject({ isIntact: true, rows: 150 })
    const { items } = await record.audit.list({ limit: 200 })
    expect(items.map(({ subject }) => subject).reverse()).toEqual(subjects)
  })

  it('fails by itself: what waits beside it is kept, and nothing of its own', async () => {
    const record = await openedRecord(await temporaryFolder())
    const writer = await Writer.start({ path: record.path, nowMs: 1, floorBytes: 0 })
    const audit = { actor: 'local', action: 'block.ordered', subject: 'b', details: {} }
    const block = { id: 'b', target: 'no address' } as never
    const outcomes = await Promise.allSettled([
      writer.call('appendAudit', row('before')),
      writer.call('saveBlocks', { changes: [{ block, audit }], atMs: 1 }),
      writer.call('appendAudit', row('after')),
      writer.call('advanceSink', { book: 'events', sink: 's', sequence: 7, lastSent: 7, atMs: 1 }),
    ])
    await writer.close()
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    ])
    const { items } = await record.audit.list({ limit: 10 })
    expect(items.map(({ subject }) => subject)).toEqual(['after', 'before'])
    expect(record.outbox.position('s')).toBe(7)
  })
})
