import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../../support/memory-terminal.ts'
import { openedRecord, temporaryFolder } from '../../../support/record.ts'

interface Token {
  readonly id: string
  readonly token: string
  readonly expiresAt: string | null
}

test('the first token makes the data folder, for its owner alone', async () => {
  const folder = join(await temporaryFolder(), 'state')
  const { exitCode, json } = await run('token', 'create', '--json', '--data-dir', folder)
  expect(exitCode).toBe(0)
  expect(json).toMatchObject([{ scopes: ['read'], expiresAt: null }])
  expect(statSync(folder).mode & 0o777).toBe(0o700)
})

test('a token is shown once; the list knows it without its secret', async () => {
  const folder = await temporaryFolder()
  const argv = [
    'token',
    'create',
    '--scopes',
    'read,block',
    '--description',
    'playbook',
    '--expires',
    '1h',
  ]
  const made = (await run(...argv, '--json', '--data-dir', folder)).json[0] as Token
  expect(made.token.startsWith(`pkt_${made.id}_`)).toBe(true)
  expect(Date.parse(made.expiresAt!) - Date.now()).toBeGreaterThan(3_500_000)
  const listed = await run('token', 'list', '--json', '--data-dir', folder)
  expect(listed.json).toMatchObject([
    { id: made.id, scopes: ['read', 'block'], description: 'playbook' },
  ])
  expect(listed.out).not.toContain(made.token.split('_')[2])
  expect(listed.out).not.toMatch(/salt|hash/)
})

test('a token that is never to expire does not', async () => {
  const folder = await temporaryFolder()
  const argv = ['token', 'create', '--expires', 'never', '--json', '--data-dir', folder]
  expect((await run(...argv)).json).toMatchObject([{ expiresAt: null }])
})

test('a token made beside a running agent is known to it at once, and unknown once revoked', async () => {
  const folder = await temporaryFolder()
  const agent = await openedRecord(folder)
  const { id } = (await run('token', 'create', '--json', '--data-dir', folder)).json[0] as Token
  expect(agent.tokens.get(id)).toMatchObject({ revokedAtMs: null })
  expect((await run('token', 'revoke', id, '--data-dir', folder)).out).toBe(`revoked ${id}\n`)
  expect(agent.tokens.get(id)!.revokedAtMs).not.toBeNull()
})

test('revoking a token that there is not fails and says where to look', async () => {
  const folder = await temporaryFolder()
  const { exitCode, err } = await run('token', 'revoke', 'nosuchtoken1', '--data-dir', folder)
  expect(exitCode).toBe(1)
  expect(err).toContain('hint: picket token list')
})

test('listing where nothing was ever recorded makes nothing', async () => {
  const folder = join(await temporaryFolder(), 'state')
  const { exitCode, err } = await run('token', 'list', '--data-dir', folder)
  expect(exitCode).toBe(1)
  expect(err).toContain('nothing has been recorded')
  expect(existsSync(folder)).toBe(false)
})
