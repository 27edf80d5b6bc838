/** Damage that comes while the record is open: met by a query or a write, set aside, and gone on from. */
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Database } from '../../../src/record/sqlite/driver.ts'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { EventRecord } from '../../../src/record/record.ts'
import { Writer } from '../../../src/record/write/writer.ts'
import { until } from '../../support/await-until.ts'
import { batchOf, flow, openedRecord, stories, temporaryFolder } from '../../support/record.ts'

const forward = { forward: true }

/** A record with some of everything, all of it in the file and not in the WAL. */
async function filledRecord(): Promise<EventRecord> {
  const record = await openedRecord(await temporaryFolder())
  await record.audit.append({ actor: 'local', action: 'test.begun', subject: 'it', details: {} })
  await record.events.save(stories(300), forward)
  await record.outbox.advance('siem', 100)
  for (let batch = 0; batch < 20; batch += 1) {
    record.flows.append(batchOf(...Array.from({ length: 1024 }, () => flow())))
  }
  await record.flows.flush()
  return record
}

/** Overwrites every page of a table or an index but its first, as a dying disk does. */
function damage(path: string, name: string): void {
  const database = new Database(path)
  database.pragma('wal_checkpoint(TRUNCATE)')
  const pages = database
    .prepare('SELECT pageno FROM dbstat WHERE name = ? ORDER BY pageno')
    .pluck()
    .all(name) as number[]
  const pageSize = database.pragma('page_size', { simple: true }) as number
  database.close()
  const file = openSync(path, 'r+')
  for (const page of pages.slice(pages.length > 1 ? 1 : 0)) {
    writeSync(file, Buffer.alloc(pageSize, 0xa5), 0, pageSize, (page - 1) * pageSize)
  }
  closeSync(file)
}

const setAside = ({ path }: EventRecord): string[] =>
  readdirSync(dirname(path)).filter((name) => /\.damaged-\d{8}T\d{6}Z$/.test(name))

describe('a record whose file is damaged while it is open', () => {
  it('met by a query: sets it aside, says so, and answers from the new one with what could be read', async () => {
    const record = await filledRecord()
    const told: string[] = []
    record.onFinding((finding) => told.push(finding))
    damage(record.path, 'flow_batches')
    await expect(record.flows.list({ limit: 1000 })).rejects.toMatchObject({
      code: 'ERR_RECORD_DAMAGED',
    })
    await until('it is told', () => (told.length > 0 ? true : null))
    expect(told[0]).toMatch(/^the log was damaged .* a new one begun with .*300 events/)
    expect(setAside(record)).toHaveLength(1)
    expect(record.outbox.after(0, 1000)).toHaveLength(300)
    expect(record.outbox.position('siem')).toBe(100)
    await record.flows.list({ limit: 10 })
    const [next] = await record.events.save(stories(1), forward)
    expect(next!.sequence).toBe(301)
    record.flows.append(batchOf(flow({ originatorPort: 7 })))
    await record.flows.flush()
    expect((await record.flows.list({ limit: 1 })).items).toMatchObject([{ originatorPort: 7 }])
    expect(await record.audit.verify()).toMatchObject({ isIntact: true })
  })

  it('met by a write: the write is done all the same, into the new file', async () => {
    const record = await filledRecord()
    const told: string[] = []
    record.onFinding((finding) => told.push(finding))
    const { agentId } = record
    damage(record.path, 'events_by_first_seen')
    const saved = await record.events.save(stories(50), forward)
    await until('it is told', () => (told.length > 0 ? true : null))
    expect(saved.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 50 }, (_, index) => 301 + index),
    )
    expect(record.outbox.after(300, 100)).toHaveLength(50)
    expect((await record.events.list({ limit: 1000 })).items).toHaveLength(350)
    expect(record.agentId).toBe(agentId)
    expect(statSync(record.path).mode & 0o777).toBe(0o600)
  })
})

describe('a record whose file is taken away while it is open', () => {
  // What looks after the file every five seconds does so when the test says.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
  afterEach(() => void vi.useRealTimers())
  const lookAfterIt = (): void => void vi.advanceTimersByTime(5000)

  const parts = (path: string): readonly string[] => [path, `${path}-wal`, `${path}-shm`]
  const remove = (files: readonly string[]): void => files.forEach((file) => rmSync(file))

  it.each([
    ['is removed', parts, 'file was removed', 0],
    [
      'is removed with its lock',
      (path: string) => [...parts(path), `${path}.lock`],
      'file was removed',
      0,
    ],
    [
      'loses its write-ahead log',
      (path: string) => [`${path}-wal`],
      'write-ahead log was removed',
      1,
    ],
  ] as const)(
    'because it %s is written anew, with all that was in it',
    async (_, files, words, kept) => {
      const record = await filledRecord()
      const told: string[] = []
      record.onFinding((finding) => told.push(finding))
      const { agentId } = record
      remove(files(record.path))
      await record.events.save(stories(1), forward)
      lookAfterIt()
      await until('it is told', () => (told.length > 0 ? true : null))
      expect(told[0]).toContain(words)
      expect(setAside(record)).toHaveLength(kept)
      await record.events.save(stories(1), forward)
      expect(await record.audit.verify()).toMatchObject({ isIntact: true })
      await record.close()
      const next = await openedRecord(dirname(record.path))
      expect(next).toMatchObject({ agentId, startFindings: [] })
      expect(next.events.lastSequence()).toBe(302)
      expect(next.outbox.after(0, 1000)).toHaveLength(302)
      expect(next.outbox.position('siem')).toBe(100)
      expect((await next.flows.list({ limit: 1000 })).items).toHaveLength(1000)
      expect(await next.audit.verify()).toMatchObject({ isIntact: true, rows: 2 })
    },
  )

  it('and another put in its place goes on with its own, and sets the other aside', async () => {
    const record = await filledRecord()
    const told: string[] = []
    record.onFinding((finding) => told.push(finding))
    const other = await openedRecord(await temporaryFolder())
    await other.close()
    remove(parts(record.path))
    cpSync(other.path, record.path)
    lookAfterIt()
    await until('it is told', () => (told.length > 0 ? true : null))
    expect(told[0]).toMatch(/file was replaced.*what was there was kept as/)
    expect(setAside(record)).toHaveLength(1)
    await record.close()
    const next = await openedRecord(dirname(record.path))
    expect(next.agentId).toBe(record.agentId)
    expect(next.events.lastSequence()).toBe(300)
  })

  it('with no room for another goes on all the same, and says so', async () => {
    const folder = join(await temporaryFolder(), 'data')
    mkdirSync(folder)
    const path = join(folder, 'picket.db')
    const writer = await Writer.start({ path, nowMs: Date.now(), floorBytes: 0 })
    onTestFinished(() => writer.close())
    rmSync(folder, { recursive: true })
    writeFileSync(folder, 'a file where the folder was')
    await expect(writer.call('tend', null)).rejects.toThrow(/its file was removed/)
    const entry = { actor: 'agent', action: 'test', subject: 'x', details: {} }
    expect(await writer.call('appendAudit', { entry, atMs: Date.now() })).toBe(null)
    const told = { stories: stories(1), forward: true, atMs: Date.now() }
    expect(await writer.call('saveEvents', told)).toEqual([{ sequence: 1, revision: 1 }])
  })

  it('while it was closed is told at the next start', async () => {
    const record = await filledRecord()
    await record.close()
    rmSync(record.path)
    const next = await openedRecord(dirname(record.path))
    expect(next.startFindings).toEqual([expect.stringContaining('its file is gone')])
    expect(next.agentId).not.toBe(record.agentId)
  })
})
