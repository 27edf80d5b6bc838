import { join } from 'node:path'
import { Database } from '../../../../src/record/sqlite/driver.ts'
import { expect, it } from 'vitest'
import { begin } from '../../../../src/record/migrations/001-begin.ts'
import { addressKeyOfText } from '../../../../src/record/sqlite/address-key.ts'
import { flow, openedRecord, temporaryFolder } from '../../../support/record.ts'

const COUNT = 2500

/** A log as version 1 wrote it: a row a flow. */
function writeVersion1(path: string): void {
  const database = new Database(path)
  database.exec(begin.sql)
  database.pragma(`application_id = ${0x504b4554}`)
  database.pragma('user_version = 1')
  const insert = database.prepare(
    `INSERT INTO flows VALUES (NULL, 1767607200, ?, ?, ?, ?, ?, 443, 6, 12, 'eth0', x'00', 5, 6, 500, 5000,
       300, 4000, 27, 27, 2, ?, 'SF', 'tls', 'fin', 0.41, ?)`,
  )
  database.transaction(() => {
    for (let port = 0; port < COUNT; port += 1) {
      const originator = addressKeyOfText(port % 2 === 0 ? '192.0.2.7' : '2001:db8::7')
      const responder = addressKeyOfText(port % 2 === 0 ? '10.0.0.5' : '2001:db8::5')
      const rtt = port % 3 === 0 ? null : 1234
      insert.run(port * 1000, port * 1000 + 5, originator, port, responder, rtt, rtt && 0.25)
    }
  })()
  database.close()
}

it('carries every flow of a log of version 1 over, in order, and gives its room back', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'picket.db')
  writeVersion1(path)
  const { flows } = await openedRecord(folder)
  const { items } = await flows.list({ limit: 5000 })
  expect(items.map(({ originatorPort }) => originatorPort)).toEqual(
    Array.from({ length: COUNT }, (_, index) => COUNT - 1 - index),
  )
  expect(items.at(-1)).toMatchObject({
    ...flow({ originatorPort: 0, vlan: 12, retransmissions: 2, handshakeRttUs: null }),
    ...{ startUs: 0, endUs: 5, attackScore: null, communityId: expect.any(String) as string },
  })
  expect(items[0]).toMatchObject({ originator: '2001:db8::7', responder: '2001:db8::5' })
  const database = new Database(path, { readonly: true })
  expect(database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'flows'").all()).toEqual([])
  database.close()
})
