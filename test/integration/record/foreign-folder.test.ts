/** Root in a data folder that another user can write to: what that user laid there must not be root's undoing. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { silentLog } from '../../../src/core/log/log.ts'
import { replaceFile } from '../../../src/core/files/replace-file.ts'
import { Writer } from '../../../src/record/write/writer.ts'
import { PanicSwitch } from '../../../src/respond/panic.ts'
import { openedRecord, temporaryFolder } from '../../support/record.ts'

const NOBODY = 65_534
const MEGABYTE = 1024 * 1024

/** A folder of another user's, and a file of root's outside of it to which links there lead. */
async function foreignFolder() {
  const [folder, home] = [await temporaryFolder(), await temporaryFolder()]
  chownSync(folder, NOBODY, NOBODY)
  const roots = join(home, 'of-root')
  writeFileSync(roots, 'of root', { mode: 0o644 })
  return {
    ...{ folder, roots },
    lay: (name: string) => symlinkSync(roots, join(folder, name)),
    state: () => {
      const { uid, mode } = statSync(roots)
      return { text: readFileSync(roots, 'utf8'), uid, mode: mode & 0o777 }
    },
  }
}

const UNTOUCHED = { text: 'of root', uid: 0, mode: 0o644 }

describe('a link in a data folder of another user', () => {
  it('picket.db.lock is refused, and not followed', async () => {
    const { folder, lay, state } = await foreignFolder()
    lay('picket.db.lock')
    await expect(openedRecord(folder)).rejects.toMatchObject({
      code: 'ERR_RECORD_OPEN',
      message: expect.stringContaining('picket.db.lock is a link') as string,
    })
    expect(state()).toEqual(UNTOUCHED)
  })

  it('picket.db is refused where it leads to a sound log, and else set aside', async () => {
    const { folder, lay, state } = await foreignFolder()
    lay('picket.db')
    await (await openedRecord(folder)).close()
    expect(state()).toEqual(UNTOUCHED)
    const other = await foreignFolder()
    symlinkSync(join(folder, 'picket.db'), join(other.folder, 'picket.db'))
    await expect(openedRecord(other.folder)).rejects.toMatchObject({ code: 'ERR_RECORD_OPEN' })
  })

  it('picket.ballast makes way for the ballast', async () => {
    const { folder, lay, state } = await foreignFolder()
    lay('picket.ballast')
    const path = join(folder, 'picket.db')
    const writer = await Writer.start({ path, nowMs: Date.now(), floorBytes: 8 * MEGABYTE })
    await writer.call('tend', null)
    await writer.close()
    expect(state()).toEqual(UNTOUCHED)
    expect(statSync(join(folder, 'picket.ballast')).size).toBe(MEGABYTE)
  })

  it('panic.json makes way for the panic switch', async () => {
    const { folder, lay, state } = await foreignFolder()
    lay('panic.json')
    const panic = new PanicSwitch(folder)
    panic.pull('local:0', 1000)
    expect(panic.read()).toEqual({ by: 'local:0', sinceMs: 1000 })
    expect(state()).toEqual(UNTOUCHED)
  })

  it('where a file is written whole is not followed', async () => {
    const { folder, lay, state } = await foreignFolder()
    lay(`model.json.${process.pid}.partial`)
    replaceFile(join(folder, 'model.json'), 'new', 0o640)
    expect(readFileSync(join(folder, 'model.json'), 'utf8')).toBe('new')
    expect(state()).toEqual(UNTOUCHED)
  })
})

it('does not wait at a pipe in the place of the log', async () => {
  const { folder } = await foreignFolder()
  execFileSync('mkfifo', [join(folder, 'picket.db.lock')])
  await expect(openedRecord(folder)).rejects.toMatchObject({ code: 'ERR_RECORD_OPEN' })
  expect(existsSync(join(folder, 'picket.db'))).toBe(false)
})

it('warns of a data folder that others than its owner may write to', async () => {
  const told: string[] = []
  const log = { ...silentLog, warn: (message: string) => void told.push(message) }
  const [open, own] = [await temporaryFolder(), await temporaryFolder()]
  chmodSync(open, 0o777)
  await openedRecord(open, { log })
  await openedRecord(own, { log })
  expect(told).toEqual([expect.stringContaining('others than its owner may write')])
})
