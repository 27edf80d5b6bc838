import { truncate } from 'node:fs/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BATCH } from '../../../src/forward/delivery/beginning.ts'
import { restingSinks } from '../../../src/forward/index.ts'
import { isFlow } from '../../../src/forward/outgoing.ts'
import { eventLane } from '../../../src/forward/delivery/lane.ts'
import { orderReplay } from '../../../src/forward/sink-desk.ts'
import type { EventRecord } from '../../../src/record/record.ts'
import { Database } from '../../../src/record/sqlite/driver.ts'
import { until } from '../../support/await-until.ts'
import { forwardingTo, MemorySink, SINK_DEFAULTS } from '../../support/delivery/memory-sink.ts'
import { openedRecord, stories, story, temporaryFolder } from '../../support/record.ts'

const forward = { forward: true }

const recorded = async (count = 0): Promise<EventRecord> => {
  const record = await openedRecord(await temporaryFolder())
  await record.events.save(stories(count), forward)
  return record
}

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

const arrival = (record: EventRecord, position: number) =>
  until(`the position is ${position}`, () => record.outbox.position('siem') === position || null, {
    everyMs: 10,
  })

/** Deletes states as retention does, and whatever else may come to. */
function deleteStates({ path }: EventRecord, from: number, to: number): void {
  const database = new Database(path)
  database.prepare('DELETE FROM event_revisions WHERE sequence BETWEEN ? AND ?').run(from, to)
  database.close()
}

describe('the numbers of events', () => {
  it('have no gap, whatever fails, ends, or is deleted in between', async () => {
    const folder = await temporaryFolder()
    const first = await openedRecord(folder)
    await first.events.save(stories(3), forward)
    // The second of these cannot be written, so neither is.
    const broken = { ...story(), key: null as unknown as string }
    await expect(first.events.save([story(), broken], forward)).rejects.toThrow(/NOT NULL/)
    await first.events.save([story()], { forward: false })
    await first.close()
    const second = await openedRecord(folder)
    deleteStates(second, 1, 3)
    const saved = await second.events.save(stories(2), forward)
    expect(saved.map(({ sequence }) => sequence)).toEqual([4, 5])
    expect(second.agentId).toBe(first.agentId)
  })

  it('are never given twice by one agent, also when a damaged log is set aside', async () => {
    const folder = await temporaryFolder()
    const first = await openedRecord(folder)
    await first.events.save(stories(20), forward)
    await first.close()
    await truncate(first.path, 5000)
    const second = await openedRecord(folder)
    const [saved] = await second.events.save([story()], forward)
    expect(second.startFindings).toHaveLength(1)
    expect(second.agentId !== first.agentId || saved!.sequence > 20).toBe(true)
  })

  it('that begin anew are sent to a sink that had come further', async () => {
    const record = await recorded(2)
    await record.outbox.advance('siem', 20)
    const sink = new MemorySink()
    forwardingTo(sink, record)
    await arrival(record, 2)
    expect(sink.sequences).toEqual([1, 2])
  })
})

describe('what a sink is sent', () => {
  it('names the state that it was sent before, over filters and restarts', async () => {
    const record = await recorded()
    const severities = [6, 2, 2, 7, 5, 2]
    await record.events.save(
      severities.map((severity) => story({ severity })),
      forward,
    )
    const sink = new MemorySink()
    const config = { minSeverity: 5 }
    const { forwarder } = forwardingTo(sink, record, { config })
    await arrival(record, 6)
    await forwarder.stop()
    await record.events.save([story()], forward)
    forwardingTo(sink, record, { config })
    await arrival(record, 7)
    expect(sink.got.map(({ sequence, previousSequence }) => [sequence, previousSequence])).toEqual([
      [1, 0],
      [4, 1],
      [5, 4],
      [7, 5],
    ])
    expect(forwarder.health()).toMatchObject({ sent: 3, withheld: 3, lastSent: 5 })
  })

  it('begins with what was recorded since a time, where it is told so', async () => {
    let nowMs = Date.UTC(2026, 0, 5, 10)
    const record = await openedRecord(await temporaryFolder(), { clock: { nowMs: () => nowMs } })
    for (let minute = 0; minute < 10; minute += 1) {
      await record.events.save(stories(3), forward)
      nowMs += 60_000
    }
    const sink = new MemorySink()
    forwardingTo(sink, record, { config: { startFrom: '2026-01-05T11:08:00+01:00' } })
    await arrival(record, 30)
    expect(sink.sequences).toEqual(numbers(25, 30))
  })

  it('comes in order and whole, however often the sink fails', async () => {
    const record = await recorded(250)
    const sink = new MemorySink()
    sink.confirms = false
    const { forwarder } = forwardingTo(sink, record)
    for (let round = 0; round < 2; round += 1) {
      const asked = sink.asked
      await until('it is asked', () => sink.asked > asked || null, { everyMs: 5 })
      sink.trouble = 'gone'
      await until('it is noticed', () => forwarder.health().lastError, { everyMs: 5 })
      sink.trouble = null
    }
    sink.confirms = true
    await arrival(record, 250)
    expect([...new Set(sink.sequences)]).toEqual(numbers(1, 250))
    const sent = new Set([0, ...sink.sequences])
    expect(sink.got.every((event) => sent.has(event.previousSequence!))).toBe(true)
  })

  it('is cut to its rate, which is told of as an event', async () => {
    const record = await recorded(500)
    const sink = new MemorySink()
    const config = { rateLimit: { eventsPerSecond: 1, burst: 20 } }
    const { forwarder, told } = forwardingTo(sink, record, { config })
    await arrival(record, 500)
    const { sent, heldBack } = forwarder.health()
    expect(sent + heldBack).toBe(500)
    expect(sent).toBeLessThan(40)
    const tale = await until('it is told', () => told[0] ?? null)
    expect(tale).toMatchObject({ kind: 'health.held-back', family: 'health' })
    expect(tale.summary).toMatch(
      / event states of the numbers 1 to \d+ were held back from sink siem/,
    )
  }, 20_000)
})

describe('a long backlog', () => {
  it.each([
    ['that the filters leave out', { minSeverity: 10 }],
    ['that the sink takes at once', {}],
  ])('%s leaves everybody else their turns', async (_, config) => {
    const record = await recorded(5000)
    let turns = 0
    const others = setInterval(() => (turns += 1), 1)
    onTestFinished(() => clearInterval(others))
    const { forwarder } = forwardingTo(new MemorySink(), record, { config })
    await arrival(record, 5000)
    expect(forwarder.health().position).toBe(5000)
    expect(turns).toBeGreaterThan(5000 / BATCH / 4)
  })
})

it('a sink that cannot be closed does not keep the agent from ending, nor what it took from being stored', async () => {
  const record = await recorded(3)
  const sink = new MemorySink()
  const { forwarder } = forwardingTo(sink, record)
  await arrival(record, 3)
  sink.closingTrouble = 'EIO: i/o error, close'
  await record.events.save(stories(2), forward)
  forwarder.wake()
  await until('all was sent', () => sink.got.length === 5 || null)
  await forwarder.stop()
  expect(record.outbox.position('siem')).toBe(5)
})

describe('a dead sink', () => {
  it('costs another nothing, and gets everything when it is back', async () => {
    const record = await recorded(120)
    const [dead, alive] = [new MemorySink(), new MemorySink()]
    dead.trouble = 'connect ECONNREFUSED'
    const { forwarder } = forwardingTo(dead, record)
    forwardingTo(alive, record, { config: { name: 'other' } })
    await until('the other has all', () => record.outbox.position('other') === 120 || null)
    expect(forwarder.health()).toMatchObject({ state: 'waiting', position: 0, backlog: 120 })
    dead.trouble = null
    await arrival(record, 120)
    expect(dead.sequences).toEqual(numbers(1, 120))
  })

  it('says how much was deleted unsent, and that for some a later state comes', async () => {
    const often = story()
    const record = await recorded()
    await record.events.save([often, story(), story(), often], forward)
    const sink = new MemorySink()
    sink.trouble = 'connect ECONNREFUSED'
    const { forwarder, told } = forwardingTo(sink, record)
    await until('it is tried', () => forwarder.health().lastError)
    deleteStates(record, 1, 3)
    const tale = await until('it is told', () => told[0] ?? null)
    expect(tale).toMatchObject({ kind: 'health.outbox-lost', count: 2, severity: 5 })
    expect(tale.summary).toMatch(/^2 event states .* \(of 1 more it gets a later state\)$/)
    expect(forwarder.health()).toMatchObject({ position: 0, lost: 2, replaced: 1 })
    sink.trouble = null
    await arrival(record, 4)
    expect(sink.sequences).toEqual([4])
  })
})

describe('heartbeats', () => {
  it('come by every filter, name the last number, and are not in the log', async () => {
    const record = await recorded(5)
    await record.audit.append({ actor: 'agent', action: 'x', subject: 'x', details: {} })
    const sink = new MemorySink()
    const config = { minSeverity: 10, kinds: ['scan.*'] }
    forwardingTo(sink, record, { heartbeatSeconds: 0.05, config })
    const beat = await until('two heartbeats', () => sink.got[1] ?? null)
    expect(beat).toMatchObject({
      ...{ kind: 'health.heartbeat', family: 'health', severity: 0, agent: record.agentId },
      ...{ sequence: 0, previousSequence: 0 },
    })
    if (isFlow(beat)) throw new Error('a heartbeat is an event')
    const reasons = Object.fromEntries(beat.reasons.map(({ feature, value }) => [feature, value]))
    const { id, hash } = record.audit.head()
    expect(reasons).toMatchObject({
      ...{ lastSent: 0, lastSequence: 5, sent: 0, withheld: 5, heldBack: 0, lost: 0 },
      ...{ auditHead: `${id}:${hash}`, kernelDrops: 3, version: '0.1.0' },
    })
    expect(new Set(sink.got.map(({ id }) => id)).size).toBe(sink.got.length)
    expect(record.events.lastSequence()).toBe(5)
  })

  it('name what was sent last, so that a loss at the end shows too', async () => {
    const record = await recorded(3)
    const sink = new MemorySink()
    forwardingTo(sink, record, { heartbeatSeconds: 0.05 })
    const beat = await until(
      'a heartbeat behind the events',
      () =>
        sink.got.find(({ kind, sequence }) => kind === 'health.heartbeat' && sequence > 0) ?? null,
    )
    expect(beat).toMatchObject({ sequence: 3, previousSequence: 3 })
    await arrival(record, 3)
  })
})

describe('a replay', () => {
  it('sends just its range again, in order, and then what has come meanwhile', async () => {
    const record = await recorded(400)
    const sink = new MemorySink()
    const { forwarder } = forwardingTo(sink, record)
    await arrival(record, 400)
    sink.got.length = 0
    const span = { fromSequence: 120, toSequence: 280 }
    const { answer, order } = await orderReplay(eventLane(record), 'siem', span, 'local')
    expect(answer).toEqual({ sink: 'siem', ...span, states: 161, missing: 0 })
    forwarder.replay(order!)
    await record.events.save(stories(2), forward)
    forwarder.wake()
    await arrival(record, 402)
    expect(sink.sequences).toEqual([...numbers(120, 280), 401, 402])
    expect(record.outbox.replays('siem')).toEqual([])
    expect(forwarder.health()).toMatchObject({ position: 402, replay: null })
  })

  it('says what is no longer in the log, and sends the rest', async () => {
    const record = await recorded(30)
    await record.outbox.advance('siem', 30)
    deleteStates(record, 5, 9)
    const sink = new MemorySink()
    const span = { fromSequence: 3, toSequence: 12 }
    const { answer } = await orderReplay(eventLane(record), 'siem', span, 'local')
    expect(answer).toMatchObject({ states: 5, missing: 5 })
    forwardingTo(sink, record)
    await until('it is done', () => record.outbox.replays('siem').length === 0 || null)
    expect(sink.sequences).toEqual([3, 4, 10, 11, 12])
    expect(record.outbox.position('siem')).toBe(30)
  })

  it('goes on where it was when the agent is stopped in the middle', async () => {
    const record = await recorded(1000)
    await record.outbox.advance('siem', 1000)
    const sinks = restingSinks(
      { heartbeatSeconds: 0, sinks: [{ ...SINK_DEFAULTS, type: 'syslog' } as never] },
      record,
    )
    const answer = await sinks.replay('siem', { sinceMs: 0 }, 'local')
    expect(answer).toMatchObject({ fromSequence: 1, toSequence: 1000, states: 1000 })
    expect(await sinks.replay('nobody', { sinceMs: 0 }, 'local')).toBeNull()
    const sink = new MemorySink()
    const { forwarder } = forwardingTo(sink, record)
    await until('it has begun', () => sink.got.length > 0 || null, { everyMs: 1 })
    await forwarder.stop()
    forwardingTo(sink, record)
    await until('it is done', () => record.outbox.replays('siem').length === 0 || null)
    expect([...new Set(sink.sequences)]).toEqual(numbers(1, 1000))
    expect(sink.sequences.length).toBeLessThan(1200)
    expect(record.outbox.position('siem')).toBe(1000)
  })

  it('ends at the position of the sink, and is refused beyond it', async () => {
    const record = await recorded(10)
    await record.outbox.advance('siem', 6)
    const asked = (fromSequence: number) =>
      orderReplay(eventLane(record), 'siem', { fromSequence, toSequence: 50 }, 'local')
    expect((await asked(4)).answer).toMatchObject({ fromSequence: 4, toSequence: 6, states: 3 })
    await expect(asked(8)).rejects.toThrow('sink siem has come to number 6; 8 is still on its way')
    await expect(asked(11)).rejects.toThrow('number 11 has not been given yet; the newest is 10')
  })
})

it('a quiet sink whose heartbeats pass again has nothing wrong with it', async () => {
  const record = await recorded()
  const sink = new MemorySink()
  sink.trouble = 'gone'
  const { forwarder } = forwardingTo(sink, record, { heartbeatSeconds: 0.02 })
  await until('it is told', () => forwarder.health().lastError, { everyMs: 5 })
  sink.trouble = null
  await until('a heartbeat has passed', () => sink.got.length > 0 || null, { everyMs: 5 })
  await until('it is well', () => forwarder.health().lastError === null || null, { everyMs: 5 })
})
