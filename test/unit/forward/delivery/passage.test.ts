import { describe, expect, it, vi } from 'vitest'
import { Passage } from '../../../../src/forward/delivery/passage.ts'
import { createSieve } from '../../../../src/forward/delivery/sieve.ts'
import { event } from '../../../support/record.ts'
import { seededRandom } from '../../../support/seeded-random.ts'

const LAST = 300
const sieve = createSieve({ minSeverity: 5 })
/** Some numbers are gone, some are not severe enough. */
const STATES = Array.from({ length: LAST }, (_, index) => ({
  event: event({ sequence: index + 1, severity: index % 7 === 0 ? 2 : 6 }),
  recordedAtMs: index,
})).filter((_, index) => index % 11 !== 5)
const WANTED = STATES.filter(({ event: { severity } }) => severity >= 5).map(
  ({ event: { sequence } }) => sequence,
)

function passageFrom(stored: { sequence: number; lastSent: number }, most: number) {
  return new Passage({
    start: { ...stored, sieve: sieve.fresh },
    sieve,
    read: (after) =>
      STATES.filter(({ event: { sequence } }) => sequence > after).slice(0, 1 + (after % most)),
    store: ({ sequence, lastSent }) => {
      expect(sequence).toBeGreaterThan(stored.sequence)
      Object.assign(stored, { sequence, lastSent })
      return Promise.resolve()
    },
  })
}

/** Reads three at a time; `stored` is what has been stored since the disk has room. */
function passageOnFullDisk(): { passage: Passage; stored: number[]; disk: { isFull: boolean } } {
  const disk = { isFull: true }
  const stored: number[] = []
  const passage = new Passage({
    start: { sequence: 0, lastSent: 0, sieve: sieve.fresh },
    sieve,
    read: (after) => STATES.slice(after, after + 3),
    store: ({ sequence }) => {
      if (disk.isFull) return Promise.reject(new Error('disk full'))
      stored.push(sequence)
      return Promise.resolve()
    },
  })
  return { passage, stored, disk }
}

describe('a passage through the log', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'loses nothing and claims nothing false, whatever is lost on the way (seed %i)',
    async (seed) => {
      const draw = seededRandom(seed)
      const random = (): number => draw(1000) / 1000
      const stored = { sequence: 0, lastSent: 0 }
      const arrived: number[] = []
      const sent = new Set([0])
      let passage = passageFrom(stored, 20)
      let onTheWay: number[] = []
      while (stored.sequence < LAST) {
        const load = passage.next()
        for (const { sequence, previousSequence = -1 } of load.events) {
          expect(sent).toContain(previousSequence)
          sent.add(sequence)
          onTheWay.push(sequence)
        }
        passage.depart(load)
        const fate = random()
        if (fate < 0.15) {
          // The connection breaks: some of what was on its way arrived, and nobody knows.
          arrived.push(...onTheWay.slice(0, Math.floor(onTheWay.length * random())))
          onTheWay = []
          passage.goBack()
        } else if (fate < 0.2) {
          onTheWay = []
          passage = passageFrom(stored, 20)
        } else if (fate < 0.8) {
          const taken = Math.ceil(onTheWay.length * (fate < 0.5 ? 1 : random()))
          arrived.push(...onTheWay.splice(0, taken))
          await passage.arrive(arrived.at(-1) ?? 0)
        }
      }
      expect([...new Set(arrived)].sort((one, other) => one - other)).toEqual(WANTED)
      expect(stored.lastSent).toBe(WANTED.at(-1))
    },
  )

  it('passes over what is left out only when all before it has arrived', async () => {
    const stored = { sequence: 0, lastSent: 0 }
    const passage = passageFrom(stored, 400)
    let load = passage.next()
    while (load.read > 0) {
      passage.depart(load)
      load = passage.next()
    }
    const half = WANTED[100]!
    await passage.arrive(half)
    expect(stored).toEqual({ sequence: half, lastSent: half })
    await passage.arrive(WANTED.at(-1)!)
    expect(stored).toEqual({ sequence: LAST, lastSent: WANTED.at(-1) })
  })

  it('sends nothing again that has arrived when its place cannot be stored for now', async () => {
    const { passage, stored, disk } = passageOnFullDisk()
    passage.depart(passage.next())
    await expect(passage.arrive(3)).rejects.toThrow('disk full')
    passage.goBack()
    expect(passage.next().events[0]).toMatchObject({ sequence: 4 })
    disk.isFull = false
    await passage.arrive(0)
    expect(stored).toEqual([3])
  })

  it('stores in passing what arrives until the store answers at once, and nothing twice', async () => {
    const stored: number[] = []
    let answer: () => void = () => undefined
    const passage = new Passage({
      start: { sequence: 0, lastSent: 0, sieve: sieve.fresh },
      sieve,
      read: (after) => STATES.slice(after, after + 3),
      store: ({ sequence }) => {
        stored.push(sequence)
        return new Promise((resolve) => (answer = resolve))
      },
    })
    const arriveNext = (): void => {
      const load = passage.next()
      passage.depart(load)
      passage.arriveInPassing(load.mark.sequence)
    }
    arriveNext()
    await Promise.resolve()
    arriveNext()
    arriveNext()
    const last = passage.arrived.sequence
    expect(stored).toEqual([3])
    const all = passage.arrive(0)
    answer()
    await vi.waitFor(() => expect(stored).toEqual([3, last]))
    answer()
    await all
    await passage.arrive(0)
    expect(stored).toEqual([3, last])
  })

  it('says with the next batch that one before could not be stored, and stores it then', async () => {
    const { passage, stored, disk } = passageOnFullDisk()
    passage.depart(passage.next())
    passage.arriveInPassing(3)
    await vi.waitFor(() => expect(() => passage.arriveInPassing(0)).toThrow('disk full'))
    disk.isFull = false
    await passage.arrive(0)
    expect(stored).toEqual([3])
  })

  it('shows what could never be taken as missing in the chain', async () => {
    const stored = { sequence: 0, lastSent: 0 }
    const passage = passageFrom(stored, 400)
    await passage.passOver(3)
    expect(passage.next().events[0]).toMatchObject({ sequence: 4, previousSequence: 3 })
  })
})
