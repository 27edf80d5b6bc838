/** A log that is really damaged, in many ways: what can be read of it is in the new one, and nothing that is false. */
import { copyFile, mkdtemp, open, readFile, rm, stat, truncate } from 'node:fs/promises'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import { openRecord } from '../../../src/record/index.ts'
import type { Event } from '../../../src/record/event.ts'
import type { Block } from '../../../src/record/logs/block-log.ts'
import type { EventRecord } from '../../../src/record/record.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import {
  insertFlows,
  openedRecord,
  RECORD_DEFAULTS,
  stories,
  temporaryFolder,
} from '../../support/record.ts'

const PAGE = 4096
const EVENTS = 2000
const AUDITED = 400

let sound = ''
let agentId = ''
const known = new Map<string, Event>()

beforeAll(async () => {
  sound = await mkdtemp(join(tmpdir(), 'pk-test-'))
  const ground = { clock: systemClock, log: silentLog, config: RECORD_DEFAULTS }
  const record = await openRecord({ directory: sound, ...ground })
  agentId = record.agentId
  insertFlows(record.path, 20_000)
  for (const event of await record.events.save(stories(EVENTS), { forward: true })) {
    known.set(event.id, event)
  }
  for (let index = 0; index < AUDITED; index += 1) {
    await record.audit.append({ actor: 'agent', action: 'test', subject: `${index}`, details: {} })
  }
  await writeSmallThings(record)
  await record.close()
})
afterAll(() => rm(sound, { recursive: true }))

const nowMs = Date.now()
const ordered = (subject: string) => ({ actor: 'local:0', action: 'test', subject, details: {} })

async function writeSmallThings(record: EventRecord): Promise<void> {
  const times = { createdAtMs: nowMs, expiresAtMs: null }
  const block: Block = {
    ...{ id: 'b1', target: '2001:db8::/64', direction: 'both', protocol: null, ports: [] },
    ...{ state: 'active', ...times, liftedAtMs: null, liftedBy: null, reason: null, source: 'api' },
    ...{ orderedBy: null, eventId: null, failure: null },
    ...{ verifiedAtMs: null, stoppedPackets: 0, stoppedBytes: 0 },
  }
  await record.blocks.save([{ block, audit: ordered('b1') }])
  const hashes = { networks: [], salt: 'aa', hash: 'bb', revokedAtMs: null }
  await record.tokens.save(
    { id: 't1', scopes: ['read'], description: null, ...times, ...hashes },
    'local:0',
  )
  const scope = { kind: null, address: '10.0.0.9', victim: null, port: null, process: null }
  await record.triage.saveSuppression(
    {
      ...{
        id: 's1',
        detector: 'port-scan',
        ...scope,
        reason: 'ours',
        createdBy: 'local:0',
        ...times,
      },
      ...{ liftedAtMs: null, hidden: 0, lastHiddenAtMs: null },
    },
    ordered('s1'),
  )
  await record.outbox.advance('siem', 1500)
}

/** Damages a copy of the sound file and opens the record over it. */
async function damaged(damage: (path: string, pages: number) => Promise<void>) {
  const folder = await temporaryFolder()
  const path = join(folder, 'picket.db')
  await copyFile(join(sound, 'picket.db'), path)
  await damage(path, (await stat(path)).size / PAGE)
  const bytes = await readFile(path)
  const record = await openedRecord(folder)
  const aside = readdirSync(folder).find((name) => /\.damaged-\d{8}T\d{6}Z$/.test(name))
  // What was set aside is evidence: not a byte of it may have changed.
  if (aside !== undefined) expect(bytes.equals(await readFile(join(folder, aside)))).toBe(true)
  expect(readdirSync(folder).filter((name) => name.includes('reading'))).toEqual([])
  return record
}

async function overwrite(
  path: string,
  pages: readonly number[],
  fill: () => Buffer,
): Promise<void> {
  const file = await open(path, 'r+')
  for (const page of pages) await file.write(fill(), 0, PAGE, page * PAGE)
  await file.close()
}

/** How many events are there again; each must be what it was. */
function eventsLeft(record: EventRecord): number {
  const kept = [...known].filter(([id]) => record.events.get(id) !== null)
  for (const [id, event] of kept) expect(record.events.get(id)).toEqual(event)
  return kept.length
}

/** The audit trail may have holes, but no row may be another than it was. */
async function expectHonestTrail(record: EventRecord): Promise<number> {
  const finding = await record.audit.verify()
  for (const { problem } of finding.problems) expect(problem).toMatch(/^rows? .* (is|are) missing$/)
  const [last] = (await record.audit.list({ limit: 1 })).items
  expect(last).toMatchObject({ actor: 'agent', action: 'record.salvaged' })
  return finding.rows
}

const smallThings = (record: EventRecord) => ({
  blocks: record.blocks.standing().map(({ target }) => target),
  tokens: record.tokens.list().map(({ id }) => id),
  suppressions: record.triage.suppressions({ withEnded: false, nowMs }).map(({ id }) => id),
  position: record.outbox.position('siem'),
})
const ALL_SMALL_THINGS = {
  blocks: ['2001:db8::/64'],
  tokens: ['t1'],
  suppressions: ['s1'],
  position: 1500,
}

describe('a damaged log', () => {
  it.each([1, 2])('with random pages overwritten gives what the others hold (%i)', async (seed) => {
    const random = seededRandom(seed)
    const record = await damaged((path, pages) => {
      const hit = Array.from({ length: 12 }, () => 60 + random(pages - 60))
      return overwrite(path, hit, () => {
        return Buffer.from(Array.from({ length: PAGE }, () => random(256)))
      })
    })
    expect(record.startFindings).toEqual([expect.stringContaining('and a new one begun with')])
    expect(record.agentId).toBe(agentId)
    expect(eventsLeft(record)).toBeGreaterThan(EVENTS * 0.9)
    expect(await expectHonestTrail(record)).toBeGreaterThan(AUDITED * 0.8)
    expect(smallThings(record)).toEqual(ALL_SMALL_THINGS)
    const [next] = await record.events.save(stories(1), { forward: true })
    expect(next!.sequence).toBeGreaterThan(EVENTS)
  })

  it('without a header gives everything, flows too', async () => {
    const record = await damaged(async (path) => {
      const file = await open(path, 'r+')
      await file.write(Buffer.alloc(100), 0, 100, 0)
      await file.close()
    })
    expect(eventsLeft(record)).toBe(EVENTS)
    expect((await record.events.list({ limit: 1000, address: undefined })).items).toHaveLength(1000)
    expect(await expectHonestTrail(record)).toBe(AUDITED + 4)
    expect(await record.audit.verify()).toMatchObject({ isIntact: true })
    expect(smallThings(record)).toEqual(ALL_SMALL_THINGS)
    expect((await record.flows.list({ limit: 1000 })).items).toHaveLength(1000)
  })

  it.each([0.9, 0.5001])('cut off after %f of it gives what is before the cut', async (share) => {
    const record = await damaged((path, pages) => truncate(path, Math.floor(pages * share * PAGE)))
    expect(record.startFindings).toHaveLength(1)
    const left = eventsLeft(record)
    expect(left).toBeGreaterThan(0)
    await expectHonestTrail(record)
    const [next] = await record.events.save(stories(1), { forward: true })
    expect(record.events.get(next!.id)).toEqual(next)
  })

  it('without its first page gives nothing, says so, and a new one is begun', async () => {
    const record = await damaged((path) => overwrite(path, [0], () => Buffer.alloc(PAGE)))
    expect(record.startFindings).toEqual([
      expect.stringContaining('begun with nothing that could be read of it'),
    ])
    expect(record.agentId).not.toBe(agentId)
    expect(await expectHonestTrail(record)).toBe(1)
  })
})
