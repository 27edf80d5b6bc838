/** A log that is another user's: whoever may not read it is told so, and who may. */
import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { projectFolder } from '../../support/source-files.ts'
import { openedRecord, temporaryFolder } from '../../support/record.ts'

const NOBODY = 65_534
/** Shows the checkout in a place that everybody may enter, as /root is none, and asks from there. */
const ASK = `mount --bind "$1" "$2" && exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups \
  "$3" "$2/dist/main.js" events --data-dir "$4"`

it.skipIf(process.getuid?.() !== 0)(
  'that may not be read is said to be another user’s',
  async () => {
    const [folder, place] = [await temporaryFolder(), await temporaryFolder()]
    await (await openedRecord(folder)).close()
    for (const entered of [folder, place]) chmodSync(entered, 0o755)
    const given = [projectFolder, place, process.execPath, folder]
    const argv = ['--mount', 'sh', '-c', ASK, 'sh', ...given]
    const options = { encoding: 'utf8', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } } as const
    const { status, stderr } = spawnSync('unshare', argv, options)
    expect(status).toBe(1)
    expect(stderr).toContain(`you may not read ${join(folder, 'picket.db')}`)
    expect(stderr).toContain('sudo')
  },
)
