import { describe, expect, test } from 'vitest'
import { CappedTable } from '../../../../../src/detect/rules/state/tables/capped-table.ts'
import { DistinctCount } from '../../../../../src/detect/rules/state/tables/distinct-count.ts'
import {
  ENOUGH_ITEMS,
  FirstLooks,
} from '../../../../../src/detect/rules/state/tables/first-looks.ts'
import { mix } from '../../../../../src/detect/rules/state/pair-key.ts'
import { PortSet } from '../../../../../src/detect/rules/state/port-set.ts'
import { Story } from '../../../../../src/detect/rules/state/story.ts'
import {
  confidenceOf,
  counted,
  listed,
  spanOf,
} from '../../../../../src/detect/rules/state/wording.ts'

describe('a capped table', () => {
  test('never outgrows its cap, gives up the row idle longest, and counts it', () => {
    const evicted: number[] = []
    const table = new CappedTable<{ name: number; lastUs: number }>(3, ({ name }) =>
      evicted.push(name),
    )
    for (const name of [1, 2, 3]) table.set(name, { name, lastUs: name })
    table.get(1)!.lastUs = 10
    table.set(4, { name: 4, lastUs: 11 })
    expect(evicted).toEqual([2])
    expect([table.size, table.forgotten]).toEqual([3, 1])
    expect(table.get(1)).toBeDefined()
  })

  test('hands out the rows that expire', () => {
    const table = new CappedTable<{ lastUs: number }>(10)
    table.set(1, { lastUs: 5 })
    table.set(2, { lastUs: 50 })
    const expired: number[] = []
    table.expire(20, ({ lastUs }) => expired.push(lastUs))
    expect(expired).toEqual([5])
    expect(table.size).toBe(1)
  })
})

describe('the waiting room', () => {
  const looks = () => new FirstLooks(64, 60_000_000)

  test('lets a pair out with its distinct items, and not before', () => {
    const room = looks()
    for (let item = 1; item < ENOUGH_ITEMS; item += 1) {
      expect(room.note(1, 2, item, 100 + item)).toBe(-1)
      expect(room.note(1, 2, item, 100 + item)).toBe(-1)
    }
    const place = room.note(1, 2, 99, 200)
    expect(place).toBeGreaterThanOrEqual(0)
    expect(room.take(place)).toEqual({ items: [1, 2, 3, 99], firstUs: 101 })
    expect(room.note(1, 2, 1, 300)).toBe(-1)
  })

  test('forgets what was withdrawn and what is too long ago', () => {
    const room = looks()
    for (let item = 1; item < ENOUGH_ITEMS; item += 1) room.note(1, 2, item, 100)
    room.withdraw(1, 2, 2)
    expect(room.note(1, 2, 50, 100)).toBe(-1)
    expect(room.note(1, 2, 51, 100_000_000)).toBe(-1)
  })

  test('keeps a slow scanner through a flood of sources seen once', () => {
    const room = looks()
    for (let item = 1; item < ENOUGH_ITEMS; item += 1) room.note(1, 2, item, 100)
    for (let source = 10; source < 100_000; source += 1) room.note(source, 2, 80, 200)
    expect(room.note(1, 2, 99, 300)).toBeGreaterThanOrEqual(0)
  })
})

test('a set of ports is the same as a list and as a bitmap', () => {
  const ports = new PortSet()
  const expected = new Set<number>()
  for (let index = 0; index < 500; index += 1) {
    const port = (index * 7919) % 65536
    expect(ports.add(port)).toBe(!expected.has(port))
    expected.add(port)
    if (index % 3 === 0) expect(ports.delete(port)).toBe(expected.delete(port))
    expect(ports.size).toBe(expected.size)
  }
  for (let port = 0; port < 65536; port += 1) expect(ports.has(port)).toBe(expected.has(port))
})

test('distinct values are counted exactly while few and within a tenth when many', () => {
  const count = new DistinctCount()
  for (let value = 0; value < 300; value += 1) count.add(mix(1, value % 100))
  expect(count.value).toBe(100)
  for (let value = 0; value < 50_000; value += 1) count.add(mix(1, value))
  expect(count.value).toBeGreaterThan(45_000)
  expect(count.value).toBeLessThan(55_000)
})

test('a story is worth telling at first, when it doubled, and with news after five seconds', () => {
  const story = new Story(0, 1_000_000)
  expect(story.isDue(3, 1_000_000)).toBe(true)
  story.told(3, 1_000_000)
  expect(story.isDue(5, 2_000_000)).toBe(false)
  expect(story.isDue(6, 2_000_000)).toBe(true)
  expect(story.isDue(4, 6_000_000)).toBe(true)
  expect(story.isDue(3, 60_000_000)).toBe(false)
})

test('numbers and spans read as people write them', () => {
  expect([counted(1, 'port'), counted(1204, 'port')]).toEqual(['1 port', '1,204 ports'])
  const spans = [70_000, 1_240_000, 8_000_000, 63_000_000, 720_000_000, 12_600_000_000]
  expect(spans.map(spanOf)).toEqual(['70 ms', '1.2 s', '8 s', '63 s', '12 min', '3.5 h'])
  expect(listed(['a', 'b', 'c', 'd'], 40)).toBe('a, b, c and 37 more')
  expect([confidenceOf(0.75, 0, 20), confidenceOf(0.75, 1000, 20)]).toEqual([0.75, 0.99])
})

describe('a story', () => {
  const flow = (responderPort: number, protocol = 6) => ({
    ...{ responderPort, protocol, communityId: () => `1:${protocol}:${responderPort}` },
  })

  test('is about a port as long as all its flows go there', () => {
    const story = new Story(0, 0)
    expect(story.port).toBeNull()
    story.addFlow(flow(22))
    story.addFlow(flow(22))
    expect(story.port).toBe(22)
    story.addFlow(flow(23))
    story.addFlow(flow(23))
    expect(story.port).toBeNull()
  })

  test('is about no port where its flows have none', () => {
    const story = new Story(0, 0)
    story.addFlow(flow(8, 1))
    expect(story.port).toBeNull()
  })
})
