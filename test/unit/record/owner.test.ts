import { chownSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openedRecord, temporaryFolder } from '../../support/record.ts'

it.each([
  ['made', () => undefined],
  ['begun anew', (path: string) => writeFileSync(path, 'this was never a database. '.repeat(400))],
])(
  '%s by root in the folder of another user belongs to that user alone, all its files',
  async (_, prepare) => {
    const folder = await temporaryFolder()
    prepare(join(folder, 'picket.db'))
    chownSync(folder, 65_534, 65_534)
    const record = await openedRecord(folder)
    await record.audit.append({ actor: 'local:0', action: 'test', subject: 'x', details: {} })
    const files = readdirSync(folder).filter((name) => /^picket\.db(-wal|-shm|\.lock)?$/.test(name))
    expect(files).toContain('picket.db-wal')
    for (const name of files) {
      const { uid, mode } = statSync(join(folder, name))
      expect([name, uid, mode & 0o777]).toEqual([name, 65_534, 0o600])
    }
  },
)
