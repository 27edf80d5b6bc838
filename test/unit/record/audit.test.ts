import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { openedRecord, temporaryFolder } from '../../support/record.ts'

const entry = (subject: string) => ({
  actor: 'local:0',
  action: 'block.ordered',
  subject,
  details: { ttlSeconds: 600 },
})

/** Writes five rows, lets somebody have a go at the file, and gives what the walk over the chain finds. */
async function findingAfter(tampering: string) {
  const folder = await temporaryFolder()
  const { audit, close } = await openedRecord(folder)
  for (let index = 1; index <= 5; index += 1) await audit.append(entry(`192.0.2.${index}`))
  await close()
  const database = new Database(`${folder}/picket.db`)
  database.exec(tampering)
  database.close()
  return (await openedRecord(folder)).audit.verify()
}

describe('AuditTrail', () => {
  it('holds together when nobody touched it, over a restart too', async () => {
    const folder = await temporaryFolder()
    const first = await openedRecord(folder)
    expect(first.audit.verify()).toMatchObject({ isIntact: true, rows: 0, problem: null })
    await first.audit.append(entry('192.0.2.1'))
    await first.close()
    const second = await openedRecord(folder)
    await second.audit.append(entry('192.0.2.2'))
    expect(second.audit.verify()).toMatchObject({ isIntact: true, rows: 2 })
  })

  it.each([
    ['an edited subject', "UPDATE audit SET subject = '8.8.8.8' WHERE id = 3", 'row 3 was changed'],
    ['an edited detail', "UPDATE audit SET details = '{}' WHERE id = 5", 'row 5 was changed'],
    ['an edited time', 'UPDATE audit SET at_ms = at_ms - 1 WHERE id = 1', 'row 1 was changed'],
    ['a row taken out', 'DELETE FROM audit WHERE id = 2', 'row 2 is missing'],
    ['the last row cut off', 'DELETE FROM audit WHERE id = 5', 'row 5 is missing'],
    ['everything deleted', 'DELETE FROM audit', 'row 1 is missing'],
    [
      'a hash made to fit an edited row',
      "UPDATE audit SET previous_hash = 'ff' WHERE id = 4",
      'row 4 does not follow the one before it',
    ],
  ])('finds %s', async (_, tampering, problem) => {
    expect(await findingAfter(tampering)).toMatchObject({ isIntact: false, problem })
  })
})
