import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { temporaryFolder } from '../../support/record.ts'

interface FailedAddons {
  hasFailed(root: string, name: string): boolean
  noteFailed(root: string, name: string): void
}

const { hasFailed, noteFailed } = (await import(
  packagedFile('deploy/setup/failed-addons.mjs')
)) as FailedAddons

afterEach(() => vi.unstubAllEnvs())

async function project(): Promise<string> {
  const root = await temporaryFolder()
  mkdirSync(join(root, 'node_modules'))
  return root
}

test('an addon that failed is not compiled again, and others are', async () => {
  const root = await project()
  expect(hasFailed(root, 'cap')).toBe(false)
  noteFailed(root, 'cap')
  noteFailed(root, 'unix-dgram')
  expect(['cap', 'unix-dgram', 'other'].map((name) => hasFailed(root, name))).toEqual([true, true, false]) // prettier-ignore
})

test('with other headers it is tried again', async () => {
  const root = await project()
  noteFailed(root, 'cap')
  vi.stubEnv('npm_config_nodedir', '/opt/node-24')
  expect(hasFailed(root, 'cap')).toBe(false)
})

test('a damaged note, and a folder where none can be written, mean another try', async () => {
  const root = await project()
  writeFileSync(join(root, 'node_modules/.picket-failed-addons.json'), '{"cap":')
  expect(hasFailed(root, 'cap')).toBe(false)
  noteFailed('/nonexistent', 'cap')
  expect(hasFailed('/nonexistent', 'cap')).toBe(false)
})
