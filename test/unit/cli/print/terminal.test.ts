/** The built program and readers that go away early. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { packagedFile } from '../../../../src/core/package-root.ts'
import { run } from '../../../support/memory-terminal.ts'
import { openedRecord, stories, temporaryFolder } from '../../../support/record.ts'

test('a reader that takes one line and goes away is no error', async () => {
  const folder = await temporaryFolder()
  const record = await openedRecord(folder)
  await record.events.save(stories(2000), { forward: false })
  const argv = ['events', '--json', '--limit', '2000', '--data-dir', folder]
  expect((await run(...argv)).out.length).toBeGreaterThan(1_000_000)
  const child = spawn(process.execPath, [packagedFile('dist/main.js'), ...argv])
  const ended = once(child, 'close')
  let said = ''
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const [exitCode] = (await ended) as [number | null]
  expect(said).toBe('')
  expect(exitCode).toBe(0)
})
