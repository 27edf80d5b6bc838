import { readdirSync } from 'node:fs'
import { setTimeout as elapsed } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Flow } from '../../../../src/flow/flow.ts'
import { parseCidr } from '../../../../src/net/cidr.ts'
import type { EventQuery } from '../../../../src/record/logs/event-log.ts'
import type { FlowQuery } from '../../../../src/record/logs/flow-log.ts'
import { Reader, type ReaderOptions } from '../../../../src/record/read/reader.ts'
import { EVENTS_PER_STEP } from '../../../../src/record/read/events/events.ts'
import { FLOWS_PER_STEP } from '../../../../src/record/read/flows/flows.ts'
import { TEN_OCLOCK_US } from '../../../support/detection/detections.ts'
import {
  batchOf,
  flow,
  insertFlows,
  openedRecord,
  stories,
  temporaryFolder,
} from '../../../support/record.ts'

const MANY = 400_000
const ABSENT = { port: 7, limit: 10 }

function openedReader(options: ReaderOptions): Reader {
  const reader = new Reader(options)
  onTestFinished(() => reader.close())
  return reader
}

/** The flows of all pages, and how many pages there were. */
async function everyPage(reader: Reader, query: Omit<FlowQuery, 'limit'>) {
  const items: Flow[] = []
  let cursor: string | undefined
  let pages = 0
  do {
    const page = await reader.listFlows({ ...query, limit: 7, cursor })
    items.push(...page.items)
    pages += 1
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return { items, pages }
}

describe('a query that must look at every flow', () => {
  it('lets timers, other rooms and quicker queries go first', async () => {
    const record = await openedRecord(await temporaryFolder())
    insertFlows(record.path, MANY)
    await record.flows.list({ limit: 1 })
    const order: string[] = []
    const slow = record.flows.list(ABSENT).then(() => order.push('slow'))
    await elapsed(1)
    expect(record.events.lastSequence()).toBe(0)
    order.push('timer')
    await record.flows.list({ limit: 10 })
    order.push('quick')
    await slow
    expect(order).toEqual(['timer', 'quick', 'slow'])
  })

  it('fails when the record is closed meanwhile, which closes in order', async () => {
    const folder = await temporaryFolder()
    const record = await openedRecord(folder)
    insertFlows(record.path, MANY)
    await record.flows.list({ limit: 1 })
    const slow = expect(record.flows.list(ABSENT)).rejects.toMatchObject({
      code: 'ERR_RECORD_READ',
      message: 'the log is closed',
    })
    await elapsed(1)
    await record.close()
    await slow
    await expect(record.flows.list(ABSENT)).rejects.toMatchObject({ code: 'ERR_RECORD_READ' })
    expect(readdirSync(folder).filter((name) => /-wal$/.test(name))).toEqual([])
  })
})

describe('pages cut off by time', () => {
  const odd = { originator: '203.0.113.9' }
  const oddId = batchOf(flow(odd)).communityId(0)
  const common = Math.ceil(3.5 * FLOWS_PER_STEP)

  /** Common flows with five pairs of odd ones before, among and after them. */
  async function mixedFlows(): Promise<string> {
    const { path, flows } = await openedRecord(await temporaryFolder())
    const bounds = [0, 5000, 12_345, FLOWS_PER_STEP, common, common]
    for (const [index, from] of bounds.slice(0, -1).entries()) {
      const startUs = TEN_OCLOCK_US + from * 1000
      flows.append(batchOf(flow({ ...odd, startUs }), flow({ ...odd, startUs, protocol: 17 })))
      await flows.flush()
      insertFlows(path, bounds[index + 1]! - from, { startUs })
    }
    return path
  }

  it.each([
    ['Community ID', { communityId: oddId }, 5],
    ['protocol', { protocol: 17 }, 5],
    ['an address', { address: parseCidr('203.0.113.9')! }, 10],
    ['a rare range', { address: parseCidr('203.0.113.0/24')! }, 10],
    ['the busy address, and something rare', { address: parseCidr('10.0.0.5')!, protocol: 17 }, 5],
    ['a common range, and something rare', { address: parseCidr('10.0.0.0/8')!, protocol: 17 }, 5],
    ['nothing there', { port: 7 }, 0],
  ])('give everything once, newest first: by %s', async (_, query, count) => {
    const path = await mixedFlows()
    const { items } = await everyPage(openedReader({ path, queryMs: 0 }), query)
    const patient = await openedReader({ path }).listFlows({ ...query, limit: 1000 })
    expect(items).toHaveLength(count)
    expect(items).toEqual(patient.items)
    expect(patient.nextCursor).toBeNull()
    const starts = items.map(({ startUs }) => startUs)
    expect(starts).toEqual([...starts].sort((one, other) => other - one))
  })

  it('may be empty before the end', async () => {
    const path = await mixedFlows()
    const { items, pages } = await everyPage(openedReader({ path, queryMs: 0 }), { port: 7 })
    expect(items).toEqual([])
    expect(pages).toBe(4)
  })
})

describe('pages of events cut off by time', () => {
  it('give everything once, newest first, by whatever filter', async () => {
    const { path, events } = await openedRecord(await temporaryFolder())
    const told = stories(1.2 * EVENTS_PER_STEP, (index) =>
      index % 4000 === 0 ? { verdict: 'block', attacker: '203.0.113.9' } : {},
    )
    await events.save(told, { forward: false })
    const hurried = openedReader({ path, queryMs: 0 })
    const odd = [8000, 4000, 0].map((index) => told[index]!.event.id)
    const filters: Omit<EventQuery, 'limit'>[] = [
      { verdict: 'block' },
      { attacker: parseCidr('203.0.113.9')! },
      { address: parseCidr('10.0.0.5')!, verdict: 'block' },
      { address: parseCidr('10.0.0.0/8')!, attacker: parseCidr('203.0.113.0/24')! },
    ]
    for (const query of filters) {
      const ids: string[] = []
      let cursor: string | undefined
      do {
        const page = await hurried.listEvents({ ...query, limit: 2, cursor })
        ids.push(...page.items.map(({ id }) => id))
        cursor = page.nextCursor ?? undefined
      } while (cursor !== undefined)
      expect(ids).toEqual(odd)
    }
    const first = await hurried.listEvents({ kind: 'c2', limit: 2 })
    expect(first.items).toEqual([])
    expect(first.nextCursor).not.toBeNull()
  })
})

describe('Reader', () => {
  it('refuses more queries than it has room for, and takes them again later', async () => {
    const { path } = await openedRecord(await temporaryFolder())
    const reader = openedReader({ path, maxQueries: 2 })
    const [first, second] = [reader.listFlows(ABSENT), reader.listFlows(ABSENT)]
    await expect(reader.listFlows(ABSENT)).rejects.toMatchObject({ code: 'ERR_RECORD_BUSY' })
    await Promise.all([first, second])
    await expect(reader.listFlows(ABSENT)).resolves.toEqual({ items: [], nextCursor: null })
  })

  it('says that it cannot open the file, and opens it once it can', async () => {
    const folder = await temporaryFolder()
    const reader = openedReader({ path: `${folder}/picket.db` })
    await expect(reader.listFlows(ABSENT)).rejects.toMatchObject({ code: 'ERR_RECORD_OPEN' })
    await openedRecord(folder)
    await expect(reader.listFlows(ABSENT)).resolves.toMatchObject({ items: [] })
  })
})
