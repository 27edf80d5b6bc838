/** A log that has seen much: what the agent's own thread asks of it is answered at once all the same. */
import { beforeAll, describe, expect, it } from 'vitest'
import { parseCidr } from '../../../../src/net/cidr.ts'
import { addressKeyOfText } from '../../../../src/record/sqlite/address-key.ts'
import { Database } from '../../../../src/record/sqlite/driver.ts'
import { event, openedRecord, story, temporaryFolder } from '../../../support/record.ts'
import { leastMs } from '../../../support/bounded-work.ts'

const HOST = '203.0.113.5'
const EVENTS = 30_000
const INCIDENTS = 1000
const BLOCKS = 60_000
const SECOND_US = 1e6

const addressOf = (index: number): string =>
  `${1 + (index % 200)}.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`

/** A host that was scanned and guessed at for long, and an incident of each attacker. */
function fillEvents(path: string): void {
  const database = new Database(path)
  const insertEvent = database.prepare(
    `INSERT INTO events (row, id, story_key, sequence, revision, first_seen_us, last_seen_us, kind, family,
       severity, verdict, incident, recorded_at_ms, body)
     VALUES (@row, @id, @id, @row, 1, @at, @at, 'kind', @family, @severity, 'alert', @incident, 1, @body)`,
  )
  const insertParticipant = database.prepare('INSERT INTO event_participants VALUES (?, ?, ?)')
  const insertIncident = database.prepare('INSERT INTO incidents VALUES (?, ?, ?, ?, ?, ?)')
  const host = addressKeyOfText(HOST)
  database.transaction(() => {
    for (let row = 1; row <= EVENTS; row += 1) {
      const [attacker, incident, at] = [addressOf(row), `i-${row}`, row * SECOND_US]
      const isGrave = row % 50 === 0
      const told = { severity: isGrave ? 8 : 6, family: isGrave ? 'bruteforce' : 'scan' }
      const body = JSON.stringify({ attacker, victims: [HOST], ...told })
      insertEvent.run({ row, id: `e-${row}`, at, incident, body, ...told })
      insertParticipant.run(addressKeyOfText(attacker), 'attacker', row)
      insertParticipant.run(host, 'victim', row)
      insertIncident.run(incident, attacker, 'attacker', at, at, told.severity)
    }
    for (let index = 0; index < INCIDENTS; index += 1) {
      const at = (EVENTS + index) * SECOND_US
      insertIncident.run(`own-${index}`, HOST, 'host', at, at, 7)
    }
  })()
  database.close()
}

/** What a machine takes for it is known only beside other work on the same log. */
function took(work: () => void): number {
  const beganMs = performance.now()
  work()
  return performance.now() - beganMs
}

describe('incidents of a host that was attacked for long', () => {
  it('are listed without holding up who asks, with what each followed', async () => {
    const { path, triage } = await openedRecord(await temporaryFolder())
    const filledMs = took(() => fillEvents(path))
    const beganMs = performance.now()
    let turns = 0
    const turning = setInterval(() => (turns += 1), 1)
    const { items } = await triage.incidents({ limit: 2 * INCIDENTS })
    clearInterval(turning)
    expect(performance.now() - beganMs).toBeLessThan(filledMs)
    expect(turns).toBeGreaterThan(1)
    const own = items.filter(({ party }) => party === HOST)
    expect(own).toHaveLength(INCIDENTS)
    expect(new Set(own.map(({ follows }) => follows?.eventId))).toEqual(new Set([`e-${EVENTS}`]))
    const guessed = items.find(({ id }) => id === `i-${EVENTS}`)
    expect(guessed?.ledTo).toEqual(own.map(({ id }) => id).reverse())
  })

  it('are the same whether it was a victim often or seldom', async () => {
    const { path, triage } = await openedRecord(await temporaryFolder())
    fillEvents(path)
    const often = triage.incident('own-7')?.follows
    const database = new Database(path)
    const last = EVENTS - 50
    database.prepare('DELETE FROM event_participants WHERE event_row <= ?').run(last)
    database.close()
    expect(often).toMatchObject({ eventId: `e-${EVENTS}`, severity: 8 })
    expect(triage.incident('own-7')?.follows).toEqual(often)
  })
})

describe('blocks of years', () => {
  let fill: (path: string) => void
  beforeAll(() => {
    fill = (path) => {
      const database = new Database(path)
      const insert = database.prepare(
        `INSERT INTO blocks (id, target, target_first, target_last, state, created_at_ms, source)
         VALUES (?, ?, ?, ?, 'expired', ?, 'policy')`,
      )
      database.transaction(() => {
        for (let index = 0; index < BLOCKS; index += 1) {
          const [target, key] = [addressOf(index), addressKeyOfText(addressOf(index))]
          insert.run(`b-${index}`, target, key, key, 1000 + index)
        }
      })()
      database.close()
    }
  })

  it('do not hold up the next one that policy orders', async () => {
    const { path, blocks } = await openedRecord(await temporaryFolder())
    const filledMs = took(() => fill(path))
    const askedMs = await leastMs(() => {
      for (let index = 0; index < 50; index += 1) {
        const history = blocks.history(parseCidr(addressOf(BLOCKS - 1 - index))!, 0)
        expect(history.automaticBlocks).toBe(1)
      }
    })
    expect(askedMs).toBeLessThan(filledMs)
  })
})

describe('a search for many words', () => {
  it('takes little longer than one for a single word', async () => {
    const record = await openedRecord(await temporaryFolder())
    const words = Array.from({ length: 60 }, (_, index) => `word${index}`)
    const told = Array.from({ length: 3000 }, () => story(event({ summary: words.join(' ') })))
    await record.events.save(told, { forward: false })
    const search = (text: string): Promise<number> =>
      leastMs(async () => {
        expect((await record.events.list({ limit: 10, text })).items).toEqual([])
      }, 4)
    const one = await search('nowhere')
    expect(await search(`${words.join(' ')} nowhere`)).toBeLessThan(15 * one)
  })
})
