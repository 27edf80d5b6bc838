/** The record on a disk that fills up and empties again: a real one, of some megabytes. */
import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { silentLog } from '../../../src/core/log/log.ts'
import { startRetention } from '../../../src/record/retention/retention.ts'
import { Writer } from '../../../src/record/write/writer.ts'
import { until } from '../../support/await-until.ts'
import { smallDisk } from '../../support/hosts/disks/small-disk.ts'
import {
  batchOf,
  flow,
  insertFlows,
  openedRecord,
  RECORD_DEFAULTS,
  stories,
  story,
  temporaryFolder,
} from '../../support/record.ts'

const MEGABYTE = 1024 * 1024
const DAY_MS = 86_400_000
const floor = { minFreeMegabytes: 16 }
const config = { ...RECORD_DEFAULTS, ...floor }
const audited = { actor: 'agent', action: 'test', subject: 'disk', details: {} }
const packets = { linkType: 1, packets: 1, records: new Uint8Array(2000) }

/** A writer and its retention on demand, beside the record's own. */
async function retentionOn(path: string, nowMs: number, changes: Partial<typeof config> = {}) {
  const settings = { ...config, ...changes }
  const floorBytes = settings.minFreeMegabytes * MEGABYTE
  const writer = await Writer.start({ path, nowMs, floorBytes })
  const clock = { nowMs: () => nowMs }
  const retention = startRetention({
    writer,
    clock,
    log: silentLog,
    config: settings,
    writtenMs: null,
  })
  onTestFinished(async () => {
    await retention.stop()
    await writer.close()
  })
  return { writer, retention }
}

describe('a disk that fills up', () => {
  it('costs flows first, then evidence and mild events; everything is taken again when there is room', async () => {
    const disk = await smallDisk(64)
    const record = await openedRecord(disk.folder, { config: floor })
    const keep = async (severity: number, changes: object = {}): Promise<number> =>
      (await record.events.save([story({ severity, ...changes })], { forward: true })).length
    const known = story({ severity: 7 })
    await record.events.save([known], { forward: true })
    const addPackets = () =>
      record.evidence.add([{ eventId: known.event.id, evidence: packets }], 64)
    const droppedAfterFlow = async (): Promise<number> => {
      record.flows.append(batchOf(flow()))
      await record.flows.flush()
      return record.flows.dropped()
    }

    disk.fillTo(12 * MEGABYTE)
    await until('flows are shed', async () => (await droppedAfterFlow()) > 0 || null)
    await addPackets()
    expect(await keep(2)).toBe(1)
    expect(record.shed()).toEqual({ evidence: 0, events: 0 })

    disk.fillTo(6 * MEGABYTE)
    await until('evidence is shed', async () => {
      await addPackets()
      return record.shed().evidence > 0 || null
    })
    expect(await keep(2)).toBe(1)

    disk.fillTo(3 * MEGABYTE)
    await until('mild events are shed', async () => (await keep(2)) === 0 || null)
    expect(record.shed().events).toBe(1)
    expect(await keep(4)).toBe(1)
    expect(await keep(0, { family: 'health', kind: 'health.record-shed' })).toBe(1)

    disk.clear()
    await until('mild events are kept again', async () => (await keep(2)) === 1 || null)
    const dropped = record.flows.dropped()
    expect(await droppedAfterFlow()).toBe(dropped)
    const { evidence } = record.shed()
    await addPackets()
    expect(record.shed().evidence).toBe(evidence)
    expect(await record.audit.verify()).toMatchObject({ isIntact: true })
  })

  it('is never filled by the log itself, however fast flows come', async () => {
    const disk = await smallDisk(112)
    const record = await openedRecord(disk.folder, { config: floor })
    const batch = batchOf(
      ...Array.from({ length: 1024 }, (_, port) => flow({ originatorPort: port })),
    )
    let leastFree = disk.free()
    for (let round = 0; round < 40; round += 1) {
      for (let index = 0; index < 40; index += 1) record.flows.append(batch)
      await record.events.save(stories(5), { forward: true })
      await record.audit.append(audited)
      await record.flows.flush()
      leastFree = Math.min(leastFree, disk.free())
    }
    expect(record.flows.dropped()).toBeGreaterThan(0)
    // What the events and the last flows took, no more.
    expect(leastFree / MEGABYTE).toBeGreaterThan(8)
    const { size } = statSync(record.path)
    expect(size / MEGABYTE).toBeGreaterThan(60)
  })

  it('still takes events, audit rows and deletions when it is full to the last byte', async () => {
    // What looks at the disk every five seconds does so when the test says.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const disk = await smallDisk(64)
    const record = await openedRecord(disk.folder, { config: floor })
    insertFlows(record.path, 20_000)
    const { writer, retention } = await retentionOn(record.path, Date.now())
    await retention.look()
    expect(statSync(join(disk.folder, 'picket.ballast')).size).toBe(2 * MEGABYTE)
    disk.fillTo(12 * MEGABYTE)
    vi.advanceTimersByTime(5000)
    await until('the record has seen it coming', () => {
      const shed = record.room()?.shed ?? 'nothing'
      return shed !== 'nothing' || null
    })
    disk.fillTo(0)
    const saved: string[] = []
    for (let round = 0; round < 20; round += 1) {
      const events = await record.events.save(stories(10), { forward: true })
      saved.push(...events.map(({ id }) => id))
      await record.audit.append(audited)
    }
    expect(saved).toHaveLength(200)
    const limits = { eventsBeforeMs: 0, replacedStatesBeforeMs: 0, flowsMakeRoomBeforeMs: 0 }
    const all = { ...limits, flowsBeforeMs: Date.now() + DAY_MS, maxBytes: 1e12 }
    while (await writer.call('prune', all));
    expect((await record.flows.list({ limit: 1 })).items).toEqual([])
    disk.clear()
    expect(saved.filter((id) => record.events.get(id) === null)).toEqual([])
    expect(await record.audit.verify()).toMatchObject({ isIntact: true, rows: 20 })
    await retention.look()
    await until('the ballast is there again', async () => {
      await retention.look()
      return existsSync(join(disk.folder, 'picket.ballast')) || null
    })
  })

  it('still takes them when others have every byte, the ballast too', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const larger = { minFreeMegabytes: 32 }
    const disk = await smallDisk(96)
    const record = await openedRecord(disk.folder, { config: larger })
    const { writer, retention } = await retentionOn(record.path, Date.now(), larger)
    for (let looks = 0; looks < 20; looks += 1) await retention.look()
    await writer.close()
    disk.fillTo(0)
    rmSync(join(disk.folder, 'picket.ballast'))
    disk.fillTo(0)
    const saved: string[] = []
    for (let round = 0; round < 75; round += 1) {
      const events = await record.events.save(stories(2), { forward: true })
      saved.push(...events.map(({ id }) => id))
      await record.audit.append(audited)
      disk.fillTo(0)
    }
    expect(saved.filter((id) => record.events.get(id) === null)).toEqual([])
    expect(saved).toHaveLength(150)
    record.flows.append(batchOf(flow()))
    await record.flows.flush()
    expect(record.flows.dropped()).toBe(1)
    await record.close()
    disk.clear()
    const again = await openedRecord(disk.folder, { config: larger })
    expect(again.startFindings).toEqual([])
    expect(saved.filter((id) => again.events.get(id) === null)).toEqual([])
    expect(await again.audit.verify()).toMatchObject({ isIntact: true, rows: 75 })
  })

  it('does not keep a record from being opened, as long as there is ballast', async () => {
    const disk = await smallDisk(64)
    const record = await openedRecord(disk.folder, { config: floor })
    await record.events.save([story()], { forward: true })
    const { writer, retention } = await retentionOn(record.path, Date.now())
    await retention.look()
    await writer.close()
    await record.close()
    disk.fillTo(0)
    const again = await openedRecord(disk.folder, { config: floor })
    expect(again.startFindings).toEqual([])
    await again.audit.append(audited)
    await again.events.save([story()], { forward: true })
    expect((await again.events.list({ limit: 10 })).items).toHaveLength(2)
  })

  it('that has no byte left refuses, says so, and loses nothing that it had acknowledged', async () => {
    const disk = await smallDisk(24)
    const record = await openedRecord(disk.folder, { config: floor })
    disk.fillTo(0)
    const saved: string[] = []
    const fill = async (): Promise<never> => {
      for (;;) {
        const events = await record.events.save(stories(50), { forward: true })
        saved.push(...events.map(({ id }) => id))
      }
    }
    await expect(fill()).rejects.toMatchObject({
      code: 'ERR_RECORD_WRITE',
      hint: 'make room on the disk that holds the data folder',
    })
    disk.clear()
    await record.events.save([story()], { forward: true })
    await record.close()
    const again = await openedRecord(disk.folder, { config: floor })
    expect(again.startFindings).toEqual([])
    expect(saved.filter((id) => again.events.get(id) === null)).toEqual([])
  })

  it('has new flows take the place of old ones, but of none younger than a day, and the file not grow', async () => {
    const disk = await smallDisk(80)
    const record = await openedRecord(disk.folder, { config: floor })
    insertFlows(record.path, 200_000)
    await record.close()
    disk.fillTo(8 * MEGABYTE)
    const size = statSync(record.path).size
    const [today, tomorrow] = [Date.now(), Date.now() + 1.5 * DAY_MS]
    const youngFlows = await retentionOn(record.path, today)
    await youngFlows.retention.look()
    await youngFlows.retention.runOnce()
    const batches = [batchOf(flow({ originatorPort: 7 })).bytes]
    expect(
      await youngFlows.writer.call('insertFlows', { batches, forward: true, atMs: today }),
    ).toBe(0)
    const oldFlows = await retentionOn(record.path, tomorrow)
    await oldFlows.retention.look()
    await oldFlows.retention.runOnce()
    expect(
      await oldFlows.writer.call('insertFlows', { batches, forward: true, atMs: tomorrow }),
    ).toBe(1)
    const reopened = await openedRecord(disk.folder, { mode: 'read' })
    expect((await reopened.flows.list({ limit: 1 })).items).toMatchObject([{ originatorPort: 7 }])
    expect(statSync(record.path).size).toBe(size)
  })
})

describe('a log that takes more than it may', () => {
  it('loses its oldest flows, and nothing else while that is enough', async () => {
    const record = await openedRecord(await temporaryFolder())
    insertFlows(record.path, 150_000)
    record.flows.append(batchOf(flow({ originatorPort: 9 })))
    await record.flows.flush()
    await record.events.save(
      stories(50, () => ({ severity: 1 })),
      { forward: true },
    )
    const { retention } = await retentionOn(record.path, Date.now(), { maxMegabytes: 16 })
    expect((await retention.look()).usedBytes).toBeGreaterThan(20 * MEGABYTE)
    await retention.runOnce()
    const { usedBytes } = await retention.look()
    expect(usedBytes).toBeLessThan(16 * MEGABYTE)
    expect(usedBytes).toBeGreaterThan(12 * MEGABYTE)
    expect((await record.flows.list({ limit: 1 })).items).toMatchObject([{ originatorPort: 9 }])
    expect((await record.events.list({ limit: 100 })).items).toHaveLength(50)
  })

  it('loses by worth: flows, evidence, mild events, events; never audit rows', async () => {
    const record = await openedRecord(await temporaryFolder())
    insertFlows(record.path, 30_000)
    const told = stories(900, (index) => ({ severity: index % 2 === 0 ? 3 : 8 }))
    await record.events.save(told, { forward: true })
    const pieces = told.map(({ event }) => ({ eventId: event.id, evidence: packets }))
    await record.evidence.add(pieces, 64)
    await record.audit.append(audited)
    const { writer } = await retentionOn(record.path, Date.now())
    const never = { flowsBeforeMs: 0, eventsBeforeMs: 0, replacedStatesBeforeMs: 0 }
    const counts = async () => ({
      flows: (await record.flows.list({ limit: 1 })).items.length,
      evidence: told.filter(({ event }) => record.evidence.of(event.id) !== null).length,
      mild: (await record.events.list({ limit: 1000 })).items.filter((one) => one.severity < 4).length,
      events: (await record.events.list({ limit: 1000 })).items.filter((one) => one.severity > 3).length,
    }) // prettier-ignore
    const whole = { flows: 1, evidence: 900, mild: 450, events: 450 }
    expect(await counts()).toEqual(whole)
    const order = Object.keys(whole) as (keyof typeof whole)[]
    while (await writer.call('prune', { ...never, maxBytes: 0, flowsMakeRoomBeforeMs: 0 })) {
      const left = await counts()
      const begun = order.findLast((kind) => left[kind] < whole[kind])
      for (const kind of order.slice(0, begun === undefined ? 0 : order.indexOf(begun))) {
        expect(left[kind], `${kind} when ${begun} go`).toBe(0)
      }
    }
    expect(await counts()).toEqual({ flows: 0, evidence: 0, mild: 0, events: 0 })
    expect(await record.audit.verify()).toMatchObject({ isIntact: true, rows: 1 })
  })
})

describe('a disk that takes no writing', () => {
  it('is said to be one, with what to do, where the log lies there alone', async () => {
    const { folder } = await smallDisk(16)
    const record = await openedRecord(folder, { config: { minFreeMegabytes: 1 } })
    await record.events.save([story()], { forward: true })
    await record.close()
    for (const beside of ['picket.db-wal', 'picket.db-shm'])
      rmSync(join(folder, beside), { force: true })
    execFileSync('mount', ['-o', 'remount,ro', folder])
    await expect(openedRecord(folder, { mode: 'read' })).rejects.toMatchObject({
      code: 'ERR_RECORD_OPEN',
      message: `cannot open ${join(folder, 'picket.db')} where nothing may be written`,
      hint: expect.stringContaining('--data-dir') as string,
    })
  })
})
