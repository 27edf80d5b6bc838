import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database } from '../../../src/record/sqlite/driver.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import type { AuditEntry, AuditFinding, AuditHead } from '../../../src/record/logs/audit-trail.ts'
import type { Event } from '../../../src/record/event.ts'
import type { EventRecord } from '../../../src/record/record.ts'
import { openRecord } from '../../../src/record/index.ts'
import { encodeCursor } from '../../../src/record/read/cursor.ts'
import { AUDIT_ROWS_PER_STEP } from '../../../src/record/read/audit.ts'
import { appendAudit } from '../../../src/record/sqlite/audit-chain.ts'
import { openedRecord, RECORD_DEFAULTS, story, temporaryFolder } from '../../support/record.ts'

const entry = (subject: string, changes: Partial<AuditEntry> = {}): AuditEntry => ({
  actor: 'local:0',
  action: 'block.ordered',
  subject,
  details: { ttlSeconds: 600 },
  ...changes,
})

let untouched = ''
let head: AuditHead

beforeAll(async () => {
  untouched = await mkdtemp(join(tmpdir(), 'pk-test-'))
  const { clock, log, config } = { clock: systemClock, log: silentLog, config: RECORD_DEFAULTS }
  const record = await openRecord({ directory: untouched, clock, log, config })
  for (let index = 1; index <= 4; index += 1) await record.audit.append(entry(`192.0.2.${index}`))
  await record.audit.append(entry('2001:db8::5', { actor: 'token:a', peer: '2001:db8::9' }))
  head = record.audit.head()
  await record.close()
})
afterAll(() => rm(untouched, { recursive: true }))

/** Lets somebody have a go at a trail of five rows, and opens what is there then. */
async function tampered(
  tampering: string,
  mode: 'read' | 'write' = 'read',
): Promise<{ record: EventRecord }> {
  const folder = await temporaryFolder()
  const path = join(folder, 'picket.db')
  await copyFile(join(untouched, 'picket.db'), path)
  const database = new Database(path)
  database.exec(tampering)
  database.close()
  return { record: await openedRecord(folder, { mode }) }
}

const words = ({ problems }: AuditFinding): string[] => problems.map(({ problem }) => problem)

describe('the audit trail', () => {
  it('holds together when nobody touched it, over a restart too', async () => {
    const folder = await temporaryFolder()
    const first = await openedRecord(folder)
    const none = { isIntact: true, rows: 0, head: { id: 0, hash: '0'.repeat(64) }, problems: [] }
    expect(await first.audit.verify()).toEqual(none)
    await first.audit.append(entry('192.0.2.1'))
    const kept = first.audit.head()
    await first.close()
    const second = await openedRecord(folder)
    await second.audit.append(entry('192.0.2.2', { peer: '192.0.2.77' }))
    const head = second.audit.head()
    expect(await second.audit.verify(kept)).toEqual({ isIntact: true, rows: 2, head, problems: [] })
  })

  it.each([
    ['an edited subject', "UPDATE audit SET subject = '8.8.8.8' WHERE id = 3", 'row 3 was changed'],
    ['an edited detail', "UPDATE audit SET details = '{}' WHERE id = 5", 'row 5 was changed'],
    ['an edited time', 'UPDATE audit SET at_ms = at_ms - 1 WHERE id = 1', 'row 1 was changed'],
    ['a peer taken out', 'UPDATE audit SET peer = NULL WHERE id = 5', 'row 5 was changed'],
    ['a peer put in', "UPDATE audit SET peer = '192.0.2.1' WHERE id = 1", 'row 1 was changed'],
    ['a row taken out', 'DELETE FROM audit WHERE id = 2', 'row 2 is missing'],
    ['rows taken out', 'DELETE FROM audit WHERE id IN (2, 3, 4)', 'rows 2 to 4 are missing'],
    ['the last row cut off', 'DELETE FROM audit WHERE id = 5', 'row 5 is missing'],
    ['everything deleted', 'DELETE FROM audit', 'rows 1 to 5 are missing'],
    [
      'a hash made to fit an edited row',
      "UPDATE audit SET previous_hash = 'ff' WHERE id = 4",
      'row 4 does not follow the one before it',
    ],
    ['a row put in before the first', 'UPDATE audit SET id = -7 WHERE id = 5', 'row -7 was put in'],
    [
      'a row put in at the end',
      "INSERT INTO audit SELECT 6, at_ms, actor, action, subject, details, hash, 'ff', peer FROM audit WHERE id = 5; UPDATE sqlite_sequence SET seq = 5 WHERE name = 'audit'",
      'row 6 was put in',
    ],
  ])('shows %s', async (_, tampering, problem) => {
    const finding = await (await tampered(tampering)).record.audit.verify()
    expect(finding.isIntact).toBe(false)
    expect(words(finding)).toContain(problem)
  })

  it('holds together whatever is named in it', async () => {
    const { audit } = await openedRecord(await temporaryFolder())
    for (const odd of ['half a pair \ud83d', 'a\u0000b', '\ufffe', '\u202e=|\\\n']) {
      await audit.append(entry(odd, { actor: `local:${odd}`, details: { odd } }))
    }
    expect(await audit.verify()).toMatchObject({ isIntact: true, rows: 4 })
  })

  it('is at its end for a cursor that was made up', async () => {
    const { audit } = await openedRecord(await temporaryFolder())
    await audit.append(entry('192.0.2.1'))
    const cursor = encodeCursor('audit', { time: 0, tie: Number.MAX_SAFE_INTEGER })
    expect(await audit.list({ limit: 10, cursor })).toMatchObject({
      items: [{ subject: '192.0.2.1' }],
      nextCursor: null,
    })
  })

  it('shows rows that changed places', async () => {
    const swap =
      'UPDATE audit SET id = 99 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 3; UPDATE audit SET id = 3 WHERE id = 99'
    const finding = await (await tampered(swap)).record.audit.verify()
    expect(words(finding)).toEqual(
      expect.arrayContaining(['row 2 was changed', 'row 3 was changed', 'row 2 does not follow the one before it']), // prettier-ignore
    )
  })

  it('goes on behind a break, so that an old one does not hide a new one', async () => {
    const twice = "DELETE FROM audit WHERE id = 2; UPDATE audit SET actor = 'agent' WHERE id = 4"
    const finding = await (await tampered(twice)).record.audit.verify()
    expect(words(finding)).toEqual(['row 2 is missing', 'row 4 was changed'])
  })

  it('cut off at its end, counter and all, shows by a head that was kept elsewhere', async () => {
    const cut =
      "DELETE FROM audit WHERE id > 3; UPDATE sqlite_sequence SET seq = 3 WHERE name = 'audit'"
    const { record } = await tampered(cut)
    expect(await record.audit.verify()).toMatchObject({ isIntact: true, rows: 3 })
    expect(words(await record.audit.verify(head))).toEqual(['rows 4 to 5 are missing'])
  })

  it('written anew as a whole shows by a head that was kept elsewhere', async () => {
    const { record } = await tampered(
      "DELETE FROM audit; DELETE FROM sqlite_sequence WHERE name = 'audit'",
      'write',
    )
    for (let index = 1; index <= 6; index += 1) await record.audit.append(entry('192.0.2.66'))
    expect(await record.audit.verify()).toMatchObject({ isIntact: true, rows: 6 })
    expect(words(await record.audit.verify(head))).toEqual([
      'row 5 is not the one that is known: it or one before was changed',
    ])
  })
})

describe('a long audit trail', () => {
  it('is verified and listed in steps, while rows are added', async () => {
    const record = await openedRecord(await temporaryFolder())
    const database = new Database(record.path)
    database.transaction(() => {
      for (let index = 0; index < 2.5 * AUDIT_ROWS_PER_STEP; index += 1) {
        const isOdd = index % 6000 === 0
        appendAudit(database, entry('x', isOdd ? { actor: 'token:b', action: 'odd' } : {}), index)
      }
    })()
    database.close()
    const verifying = record.audit.verify()
    await record.audit.append(entry('meanwhile'))
    expect(await verifying).toMatchObject({ isIntact: true, problems: [] })
    const { items, nextCursor } = await record.audit.list({ actor: 'token', limit: 10 })
    expect(items.map(({ id }) => id)).toEqual([12_001, 6001, 1])
    expect(nextCursor).toBeNull()
  })

  it('is listed newest first, by time, actor, action and subject, page by page', async () => {
    let nowMs = 1000
    const record = await openedRecord(await temporaryFolder(), { clock: { nowMs: () => nowMs } })
    const given = [
      entry('192.0.2.1', { actor: 'token:a', peer: '192.0.2.9' }),
      entry('192.0.2.2', { actor: 'token:ab', action: 'block.lifted' }),
      entry('a', { actor: 'tokens', action: 'blocks' }),
      entry('192.0.2.1', { action: 'block' }),
    ]
    for (const one of given) {
      await record.audit.append(one)
      nowMs += 1000
    }
    const idsOf = async (query: object) =>
      (await record.audit.list({ limit: 10, ...query })).items.map(({ id }) => id)
    expect(await idsOf({})).toEqual([4, 3, 2, 1])
    expect(await idsOf({ actor: 'token' })).toEqual([2, 1])
    expect(await idsOf({ actor: 'token:a' })).toEqual([1])
    expect(await idsOf({ action: 'block' })).toEqual([4, 2, 1])
    expect(await idsOf({ subject: '192.0.2.1', fromMs: 1000, toMs: 4000 })).toEqual([1])
    const first = await record.audit.list({ limit: 3 })
    const cursor = first.nextCursor!
    expect((await record.audit.list({ limit: 3, cursor })).items).toMatchObject([
      { ...given[0], id: 1, atMs: 1000, hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    ])
  })
})

describe('what policy decides', () => {
  it('is audited when it changes, not each time the story is told, and not for a plain alert', async () => {
    const { events, audit } = await openedRecord(await temporaryFolder())
    const told = story()
    const tell = async (change: Partial<Event>, forward = true) => {
      await events.save([{ ...told, event: { ...told.event, ...change } }], { forward })
    }
    await tell({})
    await tell({ simulated: true, decision: 'rule 1 would have blocked' })
    await tell({ simulated: true })
    await tell({ verdict: 'block' })
    await tell({ decision: 'the block was refused' })
    await events.save([story({ verdict: 'block' })], { forward: false })
    const { items } = await audit.list({ limit: 10 })
    expect(items.map(({ action, subject }) => [action, subject]).reverse()).toEqual([
      ['decision.simulated', told.event.id],
      ['decision.block', told.event.id],
      ['decision.withdrawn', told.event.id],
    ])
    expect(items[0]).toMatchObject({
      actor: 'policy:port-scan',
      details: { why: 'the block was refused', attacker: '192.0.2.7' },
    })
  })
})
