import { chownSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openedRecord, temporaryFolder } from '../../support/record.ts'

it('made by root in the folder of another user belongs to that user, all its files', async () => {
  const folder = await temporaryFolder()
  chownSync(folder, 65_534, 65_534)
  const record = await openedRecord(folder)
  await record.audit.append({ actor: 'local:0', action: 'test', subject: 'x', details: {} })
  const files = readdirSync(folder).filter((name) => name.startsWith('picket.db'))
  expect(files).toContain('picket.db-wal')
  for (const name of files) expect([name, statSync(join(folder, name)).uid]).toEqual([name, 65_534])
})
