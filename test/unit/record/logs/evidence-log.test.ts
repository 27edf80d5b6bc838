import { join } from 'node:path'
import { Database } from '../../../../src/record/sqlite/driver.ts'
import { describe, expect, it } from 'vitest'
import { begin } from '../../../../src/record/migrations/001-begin.ts'
import { flowBatches } from '../../../../src/record/migrations/002-flow-batches.ts'
import { openedRecord, story, temporaryFolder } from '../../../support/record.ts'

const piece = (eventId: string, packets: number, byte: number, linkType = 1) => ({
  eventId,
  evidence: { linkType, packets, records: new Uint8Array(packets * 4).fill(byte) },
})

describe('the packets of an event', () => {
  it('are appended in the order they come, up to the bound, and given back whole', async () => {
    const record = await openedRecord(await temporaryFolder())
    const told = story()
    const { id } = told.event
    await record.events.save([told], { forward: false })
    await record.evidence.add([piece(id, 2, 1), piece(id, 1, 2)], 4)
    await record.evidence.add([piece(id, 2, 3), piece(id, 1, 4), piece(id, 1, 5, 113)], 4)
    const found = record.evidence.of(id.toUpperCase())
    expect(found).toMatchObject({ linkType: 1, packets: 4 })
    expect([...found!.records]).toEqual([
      ...[1, 1, 1, 1, 1, 1, 1, 1],
      ...[2, 2, 2, 2],
      ...[4, 4, 4, 4],
    ])
  })

  it('are not kept of an event that nobody knows', async () => {
    const record = await openedRecord(await temporaryFolder())
    const { id } = story().event
    await record.evidence.add([piece(id, 1, 1)], 4)
    expect(record.evidence.of(id)).toBeNull()
  })
})

it('a log of version 2 gets room for packets and keeps its events', async () => {
  const folder = await temporaryFolder()
  const database = new Database(join(folder, 'picket.db'))
  database.exec(begin.sql)
  database.exec('DROP TABLE flows')
  database.exec(flowBatches.sql)
  database.exec("INSERT INTO agent VALUES ('019b8d2a-0000-7000-8000-00000000000a', 0)")
  database.pragma(`application_id = ${0x504b4554}`)
  database.pragma('user_version = 2')
  database.close()
  const record = await openedRecord(folder)
  const told = story()
  await record.events.save([told], { forward: true })
  await record.evidence.add([piece(told.event.id, 1, 7)], 64)
  expect(record.agentId).toBe('019b8d2a-0000-7000-8000-00000000000a')
  expect(record.evidence.of(told.event.id)).toMatchObject({ packets: 1 })
})
