import { statSync } from 'node:fs'
import { Database } from '../../../../src/record/sqlite/driver.ts'
import { describe, expect, it } from 'vitest'
import { silentLog } from '../../../../src/core/log/log.ts'
import { startRetention } from '../../../../src/record/retention/retention.ts'
import { Writer } from '../../../../src/record/write/writer.ts'
import {
  batchOf,
  flow,
  insertFlows,
  openedRecord,
  RECORD_DEFAULTS,
  stories,
  story,
  temporaryFolder,
} from '../../../support/record.ts'

const DAY_MS = 86_400_000

/** A record whose clock the test sets, and its retention run on demand. */
async function agingRecord() {
  const directory = await temporaryFolder()
  let nowMs = Date.UTC(2026, 5, 1)
  const clock = { nowMs: () => nowMs }
  const record = await openedRecord(directory, { clock })
  const prune = async (): Promise<void> => {
    const writer = await Writer.start({ path: record.path, nowMs, floorBytes: 0 })
    const retention = startRetention({
      writer,
      clock,
      log: silentLog,
      config: RECORD_DEFAULTS,
      writtenMs: null,
    })
    await retention.runOnce()
    await retention.stop()
    await writer.close()
  }
  return { record, prune, age: (days: number) => (nowMs += days * DAY_MS) }
}

describe('retention', () => {
  it('counts the flows that a sink had not got, those of replays apart, and gives no number twice', async () => {
    const { record, prune, age } = await agingRecord()
    record.flows.append(batchOf(...Array.from({ length: 20 }, () => flow())))
    await record.flows.flush()
    const numbers = () => record.flowOutbox.flowsAfter(0, 100).map(({ number }) => number)
    expect(numbers()).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    await record.flowOutbox.advance('siem', 8)
    await record.flowOutbox.advance('done', 20)
    age(15)
    await prune()
    expect(numbers()).toEqual([])
    expect(record.flowOutbox.progress('siem')).toMatchObject({ position: 8, lost: 12 })
    expect(record.flowOutbox.progress('done')).toMatchObject({ lost: 0 })
    record.flows.append(batchOf(flow(), flow()))
    await record.flows.flush()
    expect(numbers()).toEqual([21, 22])
  })

  it('deletes flows recorded too long ago, however old the capture they came from', async () => {
    const { record, prune, age } = await agingRecord()
    record.flows.append(batchOf(...Array.from({ length: 4500 }, () => flow({ originatorPort: 1 }))))
    await record.flows.flush()
    age(10)
    record.flows.append(batchOf(flow({ originatorPort: 2, startUs: 0, endUs: 1 })))
    await record.flows.flush()
    await prune()
    expect((await record.flows.list({ limit: 5000 })).items).toHaveLength(4501)
    age(5)
    await prune()
    expect((await record.flows.list({ limit: 10 })).items).toMatchObject([{ originatorPort: 2 }])
  })

  it('deletes what a clock that was years ahead recorded, and what lies behind it', async () => {
    const { record, prune, age } = await agingRecord()
    const append = async (originatorPort: number): Promise<void> => {
      const flows = Array.from({ length: 1024 }, () => flow({ originatorPort }))
      record.flows.append(batchOf(...flows))
      await record.flows.flush()
    }
    age(12 * 365)
    for (let batch = 0; batch < 20; batch += 1) await append(1)
    age(-12 * 365)
    await append(2)
    age(15)
    await append(3)
    await prune()
    expect((await record.flows.list({ limit: 1 })).items).toMatchObject([{ originatorPort: 3 }])
    expect(record.flowOutbox.flowsAfter(0, 1)).toMatchObject([{ flow: { originatorPort: 3 } }])
  })

  it('deletes replaced states after a week and keeps the newest of each event', async () => {
    const { record, prune, age } = await agingRecord()
    const told = story()
    await record.events.save([told], { forward: true })
    await record.events.save([told, story()], { forward: true })
    age(8)
    await prune()
    const states = record.outbox.after(0, 10)
    expect(states.map(({ sequence, revision }) => [sequence, revision])).toEqual([
      [2, 2],
      [3, 1],
    ])
  })

  it('deletes events, their states and participants in the end, and never reuses a sequence', async () => {
    const { record, prune, age } = await agingRecord()
    await record.events.save(stories(450), { forward: true })
    age(366)
    const [kept] = await record.events.save([story()], { forward: true })
    await prune()
    expect((await record.events.list({ limit: 10 })).items).toEqual([kept])
    expect(record.outbox.after(0, 10)).toEqual([kept])
    age(366)
    await prune()
    expect(record.outbox.after(0, 10)).toEqual([])
    const [next] = await record.events.save([story()], { forward: true })
    expect(next?.sequence).toBe(452)
  })

  it('deletes an incident with the last of its events, and looks for mild ones by their index', async () => {
    const { record, prune, age } = await agingRecord()
    const [incident, other] = ['019b8d2a-0000-7000-8000-00000000000b', '019b8d2a-0000-7000-8000-00000000000c'] // prettier-ignore
    const forward = { forward: false }
    await record.events.save([story({ incident }), story({ incident: other })], forward)
    age(200)
    await record.events.save([story({ incident })], forward)
    const database = new Database(record.path, { readonly: true })
    const left = () => database.prepare('SELECT id FROM incidents ORDER BY id').pluck().all()
    age(200)
    await prune()
    expect(left()).toEqual([incident])
    age(200)
    await prune()
    expect(left()).toEqual([])
    const plan = database.prepare(
      'EXPLAIN QUERY PLAN SELECT row FROM events WHERE severity < 4 ORDER BY recorded_at_ms LIMIT 9',
    )
    expect(JSON.stringify(plan.all())).toContain('mild_events_by_recorded')
    database.close()
  })

  it('deletes the packets of an event with it, and no others', async () => {
    const { record, prune, age } = await agingRecord()
    const [old, kept] = [story(), story()]
    const evidence = { linkType: 1, packets: 1, records: new Uint8Array(20) }
    await record.events.save([old], { forward: false })
    await record.evidence.add([{ eventId: old.event.id, evidence }], 64)
    age(366)
    await record.events.save([kept], { forward: false })
    await record.evidence.add([{ eventId: kept.event.id, evidence }], 64)
    await prune()
    expect(record.evidence.of(old.event.id)).toBeNull()
    expect(record.evidence.of(kept.event.id)).not.toBeNull()
  })

  it('keeps the audit trail whole', async () => {
    const { record, prune, age } = await agingRecord()
    await record.audit.append({ actor: 'agent', action: 'agent.started', subject: '', details: {} })
    age(4000)
    await prune()
    expect(await record.audit.verify()).toMatchObject({ isIntact: true, rows: 1 })
  })
})

describe('the file of the log', () => {
  const filled = async (directory: string) => {
    const record = await openedRecord(directory)
    insertFlows(record.path, 300_000)
    return record
  }
  const shrunk = async (
    path: string,
  ): Promise<{ before: number; after: number; steps: number; largestCut: number }> => {
    const writer = await Writer.start({ path, nowMs: Date.now(), floorBytes: 0 })
    const before = statSync(path).size
    const ever = Number.MAX_SAFE_INTEGER
    const limits = { flowsBeforeMs: ever, eventsBeforeMs: 0, replacedStatesBeforeMs: 0 }
    const all = { ...limits, maxBytes: ever, flowsMakeRoomBeforeMs: 0 }
    let [steps, largestCut, size] = [0, 0, before]
    for (let isMore = true; isMore; steps += 1) {
      isMore = await writer.call('prune', all)
      const { size: now } = statSync(path)
      largestCut = Math.max(largestCut, size - now)
      size = now
    }
    await writer.close()
    return { before, after: statSync(path).size, steps, largestCut }
  }

  it('becomes smaller when retention has deleted much, in steps between which others write', async () => {
    const { path, close } = await filled(await temporaryFolder())
    await close()
    const { before, after, steps, largestCut } = await shrunk(path)
    expect(before).toBeGreaterThan(40e6)
    expect(after).toBeLessThan(20e6)
    expect(steps).toBeGreaterThan(20)
    // A file system takes its time to cut much off at once, and whoever writes waits for it.
    expect(largestCut).toBeGreaterThan(0)
    expect(largestCut).toBeLessThan(18e6)
  })

  it('of an earlier Picket, which could not, is made so at the start, with all that is in it', async () => {
    const directory = await temporaryFolder()
    const record = await openedRecord(directory)
    await record.events.save(stories(50), { forward: true })
    await record.close()
    const old = new Database(record.path)
    old.pragma('auto_vacuum = NONE')
    old.exec('VACUUM')
    expect(old.pragma('auto_vacuum', { simple: true })).toBe(0)
    old.close()
    const again = await openedRecord(directory)
    expect(again.outbox.after(0, 100)).toHaveLength(50)
    const now = new Database(record.path, { readonly: true })
    expect(now.pragma('auto_vacuum', { simple: true })).toBe(2)
    now.close()
  })
})
