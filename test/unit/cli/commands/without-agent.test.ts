/** What commands say when no agent runs: those that read fall back to the log, those that change something tell it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../../support/memory-terminal.ts'
import { openedRecord, stories, temporaryFolder } from '../../../support/record.ts'

test('a listing says that it reads the log, and a script gets its lines alone', async () => {
  const folder = await temporaryFolder()
  const record = await openedRecord(folder)
  await record.events.save(stories(1), { forward: false })
  const told = await run('events', '--data-dir', folder)
  expect(told.err).toContain(`no agent runs on ${folder}`)
  expect(told.out).toContain('scan.vertical.syn')
  const lines = await run('events', '--data-dir', folder, '--json', '-q', 'TRIED')
  expect([lines.err, lines.out.split('\n').length]).toEqual(['', 2])
})

test('a rule cannot be switched without an agent', async () => {
  const told = await run('rules', 'disable', 'own', '--data-dir', await temporaryFolder())
  expect(told.exitCode).not.toBe(0)
  expect(told.err).toMatch(/no agent runs[^]*picket start/)
})

test('the state of an agent that does not run is a failure', async () => {
  const told = await run('status', '--data-dir', await temporaryFolder())
  expect(told).toMatchObject({ exitCode: 1, out: '' })
  expect(told.err).toMatch(/no agent runs[^]*picket start/)
})

test('a data folder that is a file is said to be none, rather than an agent to hang', async () => {
  const file = join(await temporaryFolder(), 'picket.yaml')
  writeFileSync(file, '')
  const told = await run('events', '--data-dir', file)
  expect([told.exitCode, told.err]).toEqual([2, expect.stringContaining(`${file} is no folder`)])
})
