import { Database } from '../../../src/record/sqlite/driver.ts'
import { readdirSync, statSync } from 'node:fs'
import { mkdir, open, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import { openRecord } from '../../../src/record/index.ts'
import { LATEST_VERSION } from '../../../src/record/migrations/index.ts'
import {
  batchOf,
  flow,
  openedRecord,
  RECORD_DEFAULTS,
  story,
  temporaryFolder,
} from '../../support/record.ts'

const refused = (message: RegExp) =>
  expect.objectContaining({
    code: 'ERR_RECORD_OPEN',
    message: expect.stringMatching(message) as string,
  }) as unknown
const permissions = (path: string): string => (statSync(path).mode & 0o777).toString(8)

describe('openRecord', () => {
  it('makes a folder and files that only their owner can read', async () => {
    const folder = join(await temporaryFolder(), 'var', 'picket')
    const { events } = await openedRecord(folder)
    await events.save([story()], { forward: true })
    expect(permissions(folder)).toBe('700')
    for (const name of readdirSync(folder))
      expect(permissions(join(folder, name)), name).toBe('600')
  })

  it('keeps the id of the agent and everything written', async () => {
    const folder = await temporaryFolder()
    const first = await openedRecord(folder)
    const [saved] = await first.events.save([story()], { forward: true })
    await first.close()
    const second = await openedRecord(folder)
    expect(second.agentId).toBe(first.agentId)
    expect(second.startFindings).toEqual([])
    expect(second.events.get(saved!.id)).toEqual(saved)
  })

  it('lets one who only reads see what the writer writes, and write nothing', async () => {
    const folder = await temporaryFolder()
    const writer = await openedRecord(folder)
    const reader = await openedRecord(folder, { mode: 'read' })
    const [saved] = await writer.events.save([story()], { forward: true })
    expect(reader.events.get(saved!.id)).toEqual(saved)
    expect(reader.agentId).toBe(writer.agentId)
    await expect(reader.events.save([story()], { forward: true })).rejects.toMatchObject({
      code: 'ERR_RECORD_WRITE',
    })
  })

  it('refuses writing after it was closed', async () => {
    const { events, close } = await openedRecord(await temporaryFolder())
    await close()
    await close()
    await expect(events.save([story()], { forward: true })).rejects.toMatchObject({
      code: 'ERR_RECORD_WRITE',
    })
  })

  it('refuses to read where there is nothing', async () => {
    const folder = await temporaryFolder()
    await expect(openedRecord(folder, { mode: 'read' })).rejects.toEqual(refused(/cannot open/))
    expect(readdirSync(folder)).toEqual([])
  })

  it.each(['write', 'read'] as const)('refuses the file of a newer Picket to %s', async (mode) => {
    const folder = await temporaryFolder()
    await (await openedRecord(folder)).close()
    const database = new Database(join(folder, 'picket.db'))
    database.pragma(`user_version = ${LATEST_VERSION + 1}`)
    database.close()
    await expect(openedRecord(folder, { mode })).rejects.toEqual(
      refused(new RegExp(`has version ${LATEST_VERSION + 1}; this Picket reads up to`)),
    )
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([])
  })

  it("refuses another program's database and leaves it alone", async () => {
    const folder = await temporaryFolder()
    const database = new Database(join(folder, 'picket.db'))
    database.exec('CREATE TABLE bookmarks (url TEXT)')
    database.close()
    const before = await readFile(join(folder, 'picket.db'))
    await expect(openedRecord(folder)).rejects.toEqual(refused(/database of another program/))
    expect(await readFile(join(folder, 'picket.db'))).toEqual(before)
  })

  it('names the culprit when the folder cannot be made', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'file'), '')
    await expect(openedRecord(join(folder, 'file', 'data'))).rejects.toEqual(refused(/file\/data/))
    await mkdir(join(folder, 'taken', 'picket.db'), { recursive: true })
    await expect(openedRecord(join(folder, 'taken'))).rejects.toEqual(refused(/taken\/picket.db/))
  })
})

describe('a lock that somebody wrote to', () => {
  it.each(['picket.db.lock', 'agent.lock'])('is named, and no agent blamed (%s)', async (name) => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, name), '4711 is my number, and it is here for good\n'.repeat(20))
    const ground = { clock: systemClock, log: silentLog, config: RECORD_DEFAULTS }
    const opening = openRecord({ directory: folder, ...ground, isAgent: true })
    await expect(opening).rejects.toEqual(refused(new RegExp(`${name} holds something`)))
  })
})

describe('a damaged file', () => {
  it('that is no database is set aside and told, and a new one begun', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'picket.db'), 'this was never a database. '.repeat(400))
    const clock = { nowMs: () => Date.UTC(2026, 0, 5, 10) }
    const record = await openedRecord(folder, { clock })
    expect(record.startFindings).toHaveLength(1)
    expect(record.startFindings[0]).toContain('picket.db.damaged-20260105T100000Z')
    await record.events.save([story()], { forward: true })
    const aside = await readFile(join(folder, 'picket.db.damaged-20260105T100000Z'), 'utf8')
    expect(aside).toContain('never a database')
  })

  it('that was emptied is told of, too', async () => {
    const folder = await temporaryFolder()
    const first = await openedRecord(folder)
    await first.events.save([story()], { forward: true })
    await first.close()
    await truncate(join(folder, 'picket.db'), 0)
    const second = await openedRecord(folder)
    expect(second.startFindings).toEqual([expect.stringContaining('file is empty')])
    expect(second.audit.head().id).toBe(1)
  })

  it('with a page overwritten is set aside at the next start', async () => {
    const folder = await temporaryFolder()
    const first = await openedRecord(folder)
    first.flows.append(batchOf(...Array.from({ length: 3000 }, () => flow())))
    await first.close()
    const file = await open(join(folder, 'picket.db'), 'r+')
    // From page 20 on: beyond the schema, in the midst of rows and indexes.
    const { size } = await file.stat()
    const damage = Buffer.alloc(size - 20 * 4096, 0xa5)
    await file.write(damage, 0, damage.length, 20 * 4096)
    await file.close()
    const second = await openedRecord(folder)
    expect(second.startFindings).toHaveLength(1)
    expect((await second.flows.list({ limit: 1 })).items).toEqual([])
  })

  it('is left where it is while another process writes to it', async () => {
    const folder = await temporaryFolder()
    const agent = await openedRecord(folder)
    const file = await open(join(folder, 'picket.db'), 'r+')
    await file.write(Buffer.alloc(100, 0xa5), 0, 100, 0)
    await file.close()
    await openedRecord(folder).catch(() => undefined)
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([])
    expect(agent.startFindings).toEqual([])
  })
})
