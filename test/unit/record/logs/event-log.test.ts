import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { rfc3339FromUs } from '../../../../src/core/clock.ts'
import { packagedFile } from '../../../../src/core/files/package-root.ts'
import { parseCidr } from '../../../../src/net/cidr.ts'
import { TEN_OCLOCK_US } from '../../../support/detection/detections.ts'
import { event, openedRecord, stories, story, temporaryFolder } from '../../../support/record.ts'

const forward = { forward: true }

function contractValidator() {
  const document = parse(readFileSync(packagedFile('openapi/picket.yaml'), 'utf8')) as object
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema(document, 'picket')
  return ajv.getSchema('picket#/components/schemas/Event')!
}

describe('EventLog', () => {
  it('gives every state the next sequence and every event its revisions', async () => {
    const { events } = await openedRecord(await temporaryFolder())
    const [one, two] = [story(), story()]
    expect(await events.save([one, two], forward)).toMatchObject([
      { sequence: 1, revision: 1 },
      { sequence: 2, revision: 1 },
    ])
    const [again] = await events.save([{ ...one, event: { ...one.event, count: 2000 } }], forward)
    expect(again).toMatchObject({ id: one.event.id, sequence: 3, revision: 2, count: 2000 })
    expect(events.get(one.event.id)).toEqual(again)
    expect(events.lastSequence()).toBe(3)
  })

  it('keeps and returns exactly the event of the contract', async () => {
    const { events, outbox } = await openedRecord(await temporaryFolder())
    const validate = contractValidator()
    await events.save([story({ host: '10.0.0.5', domain: 'a.example', incident: 'x' })], forward)
    for (const kept of [...(await events.list({ limit: 1 })).items, ...outbox.after(0, 1)]) {
      expect(validate(kept), JSON.stringify(validate.errors)).toBe(true)
    }
  })

  it('keeps events that are not to be forwarded from the outbox', async () => {
    const { events, outbox } = await openedRecord(await temporaryFolder())
    const told = story()
    expect(await events.save([told], { forward: false })).toMatchObject([{ sequence: 0 }])
    expect(await events.save([told], { forward: false })).toMatchObject([
      { sequence: 0, revision: 2 },
    ])
    expect(outbox.after(0, 10)).toEqual([])
    expect(events.get(told.event.id)?.revision).toBe(2)
  })

  it('keeps nothing of a batch that fails, and leaves no gap in the sequence', async () => {
    const { events } = await openedRecord(await temporaryFolder())
    const broken = { key: 'x', event: { ...event(), severity: 'high' as unknown as number } }
    await expect(events.save([story(), broken], forward)).rejects.toMatchObject({
      code: 'ERR_RECORD_WRITE',
    })
    expect((await events.list({ limit: 10 })).items).toEqual([])
    expect(await events.save([story()], forward)).toMatchObject([{ sequence: 1 }])
  })

  it('gives the stories that may still go on', async () => {
    const { events } = await openedRecord(await temporaryFolder())
    const old = story({ lastSeen: rfc3339FromUs(TEN_OCLOCK_US) })
    const fresh = story({ lastSeen: rfc3339FromUs(TEN_OCLOCK_US + 5e6) })
    await events.save([old, fresh], forward)
    const found = events.storiesSince(TEN_OCLOCK_US + 1)
    expect(found.map(({ key, event }) => [key, event.id])).toEqual([[fresh.key, fresh.event.id]])
  })
})

describe('EventLog.list', () => {
  it('pages newest first and neither repeats nor skips while events are added', async () => {
    const { events } = await openedRecord(await temporaryFolder())
    const told = stories(25, (index) =>
      index > 20 ? { firstSeen: rfc3339FromUs(TEN_OCLOCK_US) } : {},
    )
    await events.save(told, forward)
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await events.list({ limit: 7, cursor })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
      await events.save([story({ firstSeen: rfc3339FromUs(TEN_OCLOCK_US + 1e9) })], forward)
    } while (cursor !== undefined)
    expect(seen).toHaveLength(25)
    expect(new Set(seen)).toEqual(new Set(told.map(({ event }) => event.id)))
  })

  it.each([
    ['attacker', { attacker: '192.0.2.0/24' }, ['a']],
    ['attacker, single', { attacker: '203.0.113.9' }, ['b']],
    ['attacker over IPv6', { attacker: '2001:db8:1::/48' }, ['c']],
    ['any role, victim', { address: '10.0.0.0/8' }, ['b', 'a']],
    ['any role, host', { address: '172.16.0.0/12' }, ['c']],
    ['nobody', { address: '8.8.8.8' }, []],
  ])(
    'finds events by address: %s',
    async (_, query: { attacker?: string; address?: string }, found) => {
      const { events } = await openedRecord(await temporaryFolder())
      const participants = [
        { summary: 'a', attacker: '192.0.2.7', victims: ['10.0.0.5', '10.0.0.6'] },
        { summary: 'b', attacker: '203.0.113.9', victims: ['10.9.9.9'] },
        { summary: 'c', attacker: '2001:db8:1::7', victims: [], host: '172.16.0.9' },
        { summary: 'd', attacker: null, victims: ['2001:db8:2::1'] },
      ]
      await events.save(
        stories(4, (index) => participants[index]!),
        forward,
      )
      const range = (text: string | undefined) =>
        text === undefined ? undefined : parseCidr(text)!
      const { attacker, address } = query
      const page = await events.list({
        attacker: range(attacker),
        address: range(address),
        limit: 10,
      })
      expect(page.items.map(({ summary }) => summary)).toEqual(found)
    },
  )

  it('forgets a participant that a later state no longer names', async () => {
    const { events } = await openedRecord(await temporaryFolder())
    const told = story({ victims: ['10.0.0.5'] })
    await events.save([told], forward)
    await events.save([{ ...told, event: { ...told.event, victims: ['10.0.0.6'] } }], forward)
    expect((await events.list({ address: parseCidr('10.0.0.5')!, limit: 1 })).items).toEqual([])
    expect((await events.list({ address: parseCidr('10.0.0.6')!, limit: 1 })).items).toHaveLength(1)
  })

  it('takes a kind for itself and for what begins with it and a dot', async () => {
    const { events } = await openedRecord(await temporaryFolder())
    const kinds = ['scan', 'scan.vertical', 'scan.vertical.syn', 'scan.verticals', 'sweep.tcp']
    await events.save(
      stories(5, (index) => ({ kind: kinds[index]! })),
      forward,
    )
    const found = async (kind: string) =>
      (await events.list({ kind, limit: 10 })).items.map((item) => item.kind)
    expect(await found('scan.vertical')).toEqual(['scan.vertical.syn', 'scan.vertical'])
    expect(await found('scan')).toHaveLength(4)
    expect(await found('sca')).toEqual([])
  })

  it('joins filters by AND', async () => {
    const { events } = await openedRecord(await temporaryFolder())
    await events.save(
      stories(10, (index) => ({
        severity: index,
        lastSeen: rfc3339FromUs(TEN_OCLOCK_US + index * 1e6),
      })),
      forward,
    )
    const filters = { minSeverity: 3, family: 'scan', verdict: 'alert' }
    const span = { fromUs: TEN_OCLOCK_US + 4e6, toUs: TEN_OCLOCK_US + 7e6 }
    const { items } = await events.list({ ...filters, ...span, limit: 10 })
    expect(items.map(({ severity }) => severity)).toEqual([6, 5, 4])
    expect((await events.list({ ...filters, verdict: 'block', limit: 10 })).items).toEqual([])
  })
})

describe('Outbox', () => {
  it('gives each state as it stood then, in order', async () => {
    const { events, outbox } = await openedRecord(await temporaryFolder())
    const told = story({ count: 1 })
    await events.save([told], forward)
    await events.save([story()], forward)
    await events.save([{ ...told, event: { ...told.event, count: 9 } }], forward)
    const states = outbox.after(0, 10)
    expect(states.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
    expect([states[0]?.count, states[2]?.count]).toEqual([1, 9])
    expect(outbox.after(1, 1).map(({ sequence }) => sequence)).toEqual([2])
  })

  it('keeps the position of each sink over a restart', async () => {
    const folder = await temporaryFolder()
    const { outbox, close } = await openedRecord(folder)
    expect(outbox.position('siem')).toBeNull()
    await outbox.advance('siem', 7)
    await outbox.advance('siem', 9)
    await close()
    const reopened = await openedRecord(folder)
    expect(reopened.outbox.position('siem')).toBe(9)
    expect(reopened.outbox.position('other')).toBeNull()
  })
})
