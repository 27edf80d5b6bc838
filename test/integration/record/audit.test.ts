/** The audit trail as its reader has it: through the API and by the command, with and without an agent. */
import { rm } from 'node:fs/promises'
import { Database } from '../../../src/record/sqlite/driver.ts'
import { expect, test } from 'vitest'
import type { components } from '../../../openapi/contract.d.ts'
import { servedApi } from '../../support/api/api-server.ts'
import { run } from '../../support/memory-terminal.ts'
import { openedRecord, temporaryFolder } from '../../support/record.ts'

type AuditPage = components['schemas']['AuditPage']
type AuditFinding = components['schemas']['AuditFinding']

test('what a token changes is listed with the token, page by page, and the trail verified', async () => {
  const api = await servedApi()
  const token = await api.token(['read', 'block'])
  const body = { target: '203.0.113.9', ttlSeconds: 600 }
  const { body: block } = await api.call('POST', '/v1/blocks', { token, body })
  const { id } = block as { id: string }
  const listed = await api.call('GET', '/v1/audit?action=block&limit=1', { token })
  const { items, nextCursor } = listed.body as AuditPage
  expect(items).toMatchObject([{ action: 'block.enforced', subject: id, actor: 'agent' }])
  const next = await api.call('GET', `/v1/audit?action=block&cursor=${nextCursor}`, { token })
  expect(next.body).toMatchObject({
    items: [{ action: 'block.ordered', subject: id, actor: `token:${token.split('_')[1]}` }],
    nextCursor: null,
  })
  const found = (await api.call('GET', '/v1/audit/verify', { token })).body as AuditFinding
  expect(found).toMatchObject({ isIntact: true, head: { id: found.rows } })
  const later = `/v1/audit/verify?head=${found.rows + 1}:${found.head.hash}`
  expect((await api.call('GET', later, { token })).body).toMatchObject({ isIntact: false })
  expect((await api.call('GET', '/v1/audit/verify?head=7:no', { token })).status).toBe(400)
  const blind = await api.token(['block'])
  expect((await api.call('GET', '/v1/audit', { token: blind })).status).toBe(403)
})

test('each row of a block says from which address it was ordered and lifted', async () => {
  const api = await servedApi()
  const token = await api.token(['read', 'block'])
  const body = { target: '203.0.113.9', ttlSeconds: 600 }
  const { body: block } = await api.call('POST', '/v1/blocks', { token, body })
  await api.call('DELETE', `/v1/blocks/${(block as { id: string }).id}`, { token })
  const { items } = (await api.call('GET', '/v1/audit?action=block', { token })).body as AuditPage
  const told = items.map(({ action, peer }) => ({ action, peer }))
  expect(told).toEqual(
    ['block.lifted', 'block.enforced', 'block.ordered'].map((action) => {
      return { action, peer: '127.0.0.1' }
    }),
  )
})

test('who is refused for want of a scope is in the trail, ten times a minute at most', async () => {
  const api = await servedApi()
  const token = await api.token(['read'])
  const body = { target: '203.0.113.9', ttlSeconds: 600 }
  for (let count = 0; count < 12; count += 1) {
    expect((await api.call('POST', '/v1/blocks', { token, body })).status).toBe(403)
  }
  const blocker = await api.token(['read', 'block'])
  const override = { ...body, override: true }
  expect((await api.call('POST', '/v1/blocks', { token: blocker, body: override })).status).toBe(
    403,
  )
  const listed = await api.call('GET', '/v1/audit?action=api.refused', { token })
  const { items } = listed.body as AuditPage
  expect(items).toHaveLength(10)
  const [id] = [token.split('_')[1]]
  expect(items[0]).toMatchObject({
    ...{ actor: `token:${id}`, subject: 'createBlock', peer: '127.0.0.1' },
    details: { tokenId: id, scopes: ['read'], unwrittenBefore: 0 },
  })
})

test('picket audit lists changes and says by its exit code whether the trail is whole', async () => {
  const folder = await temporaryFolder()
  for (const scopes of ['read', 'block']) {
    await run('token', 'create', '--scopes', scopes, '--data-dir', folder)
  }
  const list = await run('audit', 'list', '--actor', 'local', '--json', '--data-dir', folder)
  expect(list.json).toMatchObject([
    { id: 2, action: 'token.created', details: { scopes: ['block'] } },
    { id: 1, action: 'token.created', peer: null },
  ])
  const none = await run('audit', 'list', '--from', '2099-01-01', '--data-dir', folder)
  expect(none).toMatchObject({ out: '', exitCode: 0 })
  expect(none.err).toMatch(/^no agent runs on .*\nno changes\n$/)
  const whole = await run('audit', 'verify', '--data-dir', folder)
  expect(whole).toMatchObject({
    exitCode: 0,
    out: expect.stringMatching(/^intact: 2 rows\nhead 2:[0-9a-f]{64}\n$/) as string,
  })
  const head = /head (\S+)/.exec(whole.out)![1]!
  const database = new Database(`${folder}/picket.db`)
  database.exec(
    "DELETE FROM audit WHERE id = 2; UPDATE sqlite_sequence SET seq = 1 WHERE name = 'audit'",
  )
  database.close()
  expect((await run('audit', 'verify', '--data-dir', folder)).exitCode).toBe(0)
  const cut = await run('audit', 'verify', '--head', head, '--json', '--data-dir', folder)
  expect(cut).toMatchObject({ exitCode: 1 })
  expect(cut.json).toMatchObject([{ problems: [{ id: 2, problem: 'row 2 is missing' }] }])
  expect((await run('audit', 'verify', '--head', '2', '--data-dir', folder)).exitCode).toBe(2)
})

test('a trail without a row is whole', async () => {
  const folder = await temporaryFolder()
  await (await openedRecord(folder)).close()
  expect((await run('audit', 'verify', '--data-dir', folder)).out).toContain('intact: 0 rows')
  await rm(`${folder}/picket.db`)
  expect((await run('audit', 'verify', '--data-dir', folder)).exitCode).toBe(1)
})
