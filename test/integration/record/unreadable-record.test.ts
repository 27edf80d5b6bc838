/** A log that is another user's: whoever may not read it is told so, and who may. */
import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { projectFolder } from '../../support/source-files.ts'
import { openedRecord, temporaryFolder } from '../../support/record.ts'

const NOBODY = 65_534

it.skipIf(process.getuid?.() !== 0)(
  'that may not be read is said to be another user’s',
  async () => {
    const folder = await temporaryFolder()
    await (await openedRecord(folder)).close()
    chmodSync(folder, 0o755)
    const argv = [join(projectFolder, 'dist', 'main.js'), 'events', '--data-dir', folder]
    const options = {
      uid: NOBODY,
      gid: NOBODY,
      encoding: 'utf8',
      env: { PATH: '/usr/bin' },
    } as const
    const { status, stderr } = spawnSync(process.execPath, argv, options)
    expect(status).toBe(1)
    expect(stderr).toContain(`you may not read ${join(folder, 'picket.db')}`)
    expect(stderr).toContain('sudo')
  },
)
