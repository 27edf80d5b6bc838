/** The built program, readers that go away early, and disks that take no more. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packagedFile } from '../../../../src/core/files/package-root.ts'
import { until } from '../../../support/await-until.ts'
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

test('results that a full disk does not take are a failure in a sentence, not a stack', async () => {
  const full = openSync('/dev/full', 'w')
  const child = spawn(process.execPath, [packagedFile('dist/main.js'), '--help'], {
    stdio: ['ignore', full, 'pipe'],
  })
  let said = ''
  child.stderr!.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const [exitCode] = (await once(child, 'close')) as [number | null]
  expect(exitCode).toBe(1)
  expect(said).toMatch(/^picket: the output cannot be written: ENOSPC[^\n]*\n$/)
})

test('an agent goes on watching where the disk that it prints to is full', async () => {
  const folder = await temporaryFolder()
  const full = openSync('/dev/full', 'w')
  const config = join(folder, 'picket.json')
  writeFileSync(config, JSON.stringify({ capture: { interfaces: [] }, api: { port: 0 } }))
  const args = ['start', '--config', config, '--data-dir', folder]
  const child = spawn(process.execPath, [packagedFile('dist/main.js'), ...args], {
    stdio: ['ignore', full, full],
    env: { ...process.env, PICKET__RESPOND__FIREWALL: 'dry-run' },
  })
  const ended = once(child, 'exit')
  const socket = join(folder, 'picket.sock')
  await until('it answers', () => (existsSync(socket) || child.exitCode !== null ? true : null))
  expect(child.exitCode).toBeNull()
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})

test('a terminal that was told no size is taken for as wide as it likes', async () => {
  const folder = await temporaryFolder()
  const record = await openedRecord(folder)
  await record.events.save(stories(1), { forward: false })
  const command = [process.execPath, packagedFile('dist/main.js'), 'events', '--data-dir', folder]
  const args = ['-qec', `stty rows 0 cols 0; ${command.join(' ')}`, '/dev/null']
  const child = spawn('script', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let shown = ''
  child.stdout.on('data', (bytes: Buffer) => (shown += bytes.toString()))
  await once(child, 'close')
  expect(shown).toContain('who → whom')
  expect(shown).not.toContain('…')
})
