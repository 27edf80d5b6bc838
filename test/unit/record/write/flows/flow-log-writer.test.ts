import { Database } from '../../../../../src/record/sqlite/driver.ts'
import { expect, it } from 'vitest'
import { FlowLogWriter } from '../../../../../src/record/write/flows/flow-log-writer.ts'
import { storedNumbers } from '../../../../../src/record/write/flows/flow-numbers.ts'
import { batchOf, flow, openedRecord, temporaryFolder } from '../../../../support/record.ts'

it('forgets flows whose writing failed at its last step: none is joined to the next, nor numbered twice', async () => {
  const record = await openedRecord(await temporaryFolder())
  const database = new Database(record.path)
  const numbers = storedNumbers(database)
  let isFull = false
  const writer = new FlowLogWriter(database, {
    ...numbers,
    take(flows) {
      if (isFull) throw new Error('database or disk is full')
      numbers.take(flows)
    },
  })
  const append = (port: number, count: number): void => {
    const flows = Array.from({ length: count }, () => flow({ originatorPort: port }))
    database.transaction(() => writer.append([batchOf(...flows)], 1)).immediate()
  }
  append(1, 10)
  isFull = true
  expect(() => append(2, 10)).toThrow(/full/)
  isFull = false
  append(3, 1024)
  database.close()
  const { items } = await record.flows.list({ limit: 2000 })
  expect(new Set(items.map(({ originatorPort }) => originatorPort))).toEqual(new Set([1, 3]))
  expect(items).toHaveLength(1034)
})
