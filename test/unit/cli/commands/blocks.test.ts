import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { serveApi, servedApi } from '../../../support/api/api-server.ts'
import { recordedBlock } from '../../../support/response/blocking.ts'
import { run } from '../../../support/memory-terminal.ts'
import { openedRecord, temporaryFolder } from '../../../support/record.ts'

test('a block is ordered from the running agent, listed, and lifted by its target', async () => {
  const api = await servedApi()
  const where = ['--data-dir', dirname(api.socketPath)]
  const ordered = await run(
    'block',
    '192.0.2.7',
    '--ttl',
    '10m',
    '--reason',
    'scan',
    '--json',
    ...where,
  )
  expect(ordered.exitCode).toBe(0)
  expect(ordered.json).toMatchObject([{ target: '192.0.2.7', state: 'active', reason: 'scan' }])
  expect((await run('blocks', ...where)).out).toMatch(/^target .*\n192\.0\.2\.7 +active/)
  const lifted = await run('unblock', '192.0.2.7/32', '--json', ...where)
  expect(lifted.json).toMatchObject([{ target: '192.0.2.7', state: 'lifted' }])
  expect((await run('blocks', ...where)).err).toBe('no blocks\n')
})

test('a block is lifted by its id, and --all lifts the rest', async () => {
  const api = await servedApi()
  const where = ['--data-dir', dirname(api.socketPath)]
  const [block] = (await run('block', '192.0.2.1', '--json', ...where)).json as { id: string }[]
  await run('block', '192.0.2.2', '--ttl', 'never', ...where)
  await run('block', '2001:db8::/64', ...where)
  expect((await run('unblock', block!.id, '--json', ...where)).json).toHaveLength(1)
  expect((await run('unblock', '--all', '--json', ...where)).json).toHaveLength(2)
  expect(api.record.blocks.standing()).toEqual([])
})

test('unblocking a target lifts every block of it, whatever each covers', async () => {
  const api = await servedApi()
  const where = ['--data-dir', dirname(api.socketPath)]
  await run('block', '192.0.2.1', ...where)
  await run('block', '192.0.2.1', '--protocol', 'tcp', '--ports', '22', ...where)
  await run('block', '192.0.2.0/24', ...where)
  expect((await run('unblock', '192.0.2.1', '--json', ...where)).json).toHaveLength(2)
  expect(api.record.blocks.standing()).toMatchObject([{ target: '192.0.2.0/24' }])
})

test('what a guard refuses is told with its reason', async () => {
  const api = await servedApi()
  const { exitCode, err } = await run('block', '0.0.0.0/0', '--data-dir', dirname(api.socketPath))
  expect(exitCode).toBe(1)
  expect(err).toContain('picket: 0.0.0.0/0 is not blocked: ')
})

test('what is no address is a usage error', async () => {
  const api = await servedApi()
  const where = ['--data-dir', dirname(api.socketPath)]
  const { exitCode, err } = await run('block', '1.2.3.4; rm -rf /', ...where)
  expect(exitCode).toBe(2)
  expect(err).toContain('is neither an address nor a range')
})

test('unblocking an address inside a blocked range names the range', async () => {
  const api = await servedApi()
  const where = ['--data-dir', dirname(api.socketPath)]
  await run('block', '192.0.2.0/24', ...where)
  const { exitCode, err } = await run('unblock', '192.0.2.9', ...where)
  expect(exitCode).toBe(1)
  expect(err).toContain('these blocks touch it: 192.0.2.0/24')
})

test('without an agent nothing can be blocked, and the way to it is told', async () => {
  const { exitCode, err } = await run('block', '192.0.2.7', '--data-dir', await temporaryFolder())
  expect(exitCode).toBe(1)
  expect(err).toBe(
    'picket: no agent runs on this data folder\nhint: start it: picket start (with the same --data-dir), or systemctl start picket\n',
  )
})

test('without an agent every block can be lifted all the same', async () => {
  const folder = await temporaryFolder()
  const record = await openedRecord(folder)
  const block = recordedBlock({
    ...{ id: '019b8d2a-0000-7000-8000-00000000000b', state: 'active' },
    expiresAtMs: null,
  })
  const audit = { actor: 'agent', action: 'block.ordered', subject: block.id, details: {} }
  await record.blocks.save([{ block, audit }])
  const { exitCode, json } = await run('unblock', '--all', '--json', '--data-dir', folder)
  expect(exitCode).toBe(0)
  expect(json).toMatchObject([{ id: block.id, state: 'lifted' }])
  expect(record.blocks.standing()).toEqual([])
  expect((await run('unblock', '--all', '--data-dir', folder)).err).toBe('nothing was blocked\n')
})

test('an agent that has gone and left its socket is seen as gone', async () => {
  const served = await serveApi()
  const where = ['--data-dir', dirname(served.socketPath)]
  await served.close()
  expect((await run('block', '192.0.2.7', ...where)).err).toContain('no agent runs')
})

test('several targets are blocked at once, and each that is refused is told', async () => {
  const api = await servedApi()
  const where = ['--data-dir', dirname(api.socketPath)]
  const targets = ['192.0.2.1', '127.0.0.1', '192.0.2.2']
  const { exitCode, err, json } = await run('block', ...targets, '--json', ...where)
  expect(exitCode).toBe(1)
  expect(err).toContain('127.0.0.1 is not blocked: it is loopback')
  expect(json).toMatchObject([{ target: '192.0.2.1' }, { target: '192.0.2.2' }])
})

test('a block of ports is ordered and shown with them', async () => {
  const api = await servedApi()
  const where = ['--data-dir', dirname(api.socketPath)]
  const scope = ['--direction', 'in', '--protocol', 'tcp', '--ports', '22,8000-8100']
  expect((await run('block', '192.0.2.7', ...scope, ...where)).exitCode).toBe(0)
  expect((await run('blocks', ...where)).out).toContain('192.0.2.7 (in, tcp 22,8000-8100)')
})

test('what a block would cut off is told, and nothing is blocked', async () => {
  const api = await servedApi()
  const where = ['--data-dir', dirname(api.socketPath)]
  const { out } = await run('block', '198.51.100.1', '--simulate', ...where)
  expect(out).toMatch(/^refused: 198\.51\.100\.1 is not blocked: .*\n198\.51\.100\.1: 0 flows/)
  expect(api.record.blocks.standing()).toEqual([])
})

test('the allowlist is kept from the command line', async () => {
  const api = await servedApi()
  const where = ['--data-dir', dirname(api.socketPath)]
  await run('block', '192.0.2.70', ...where)
  const added = await run('allowlist', 'add', '192.0.2.64/28', '--comment', 'ours', ...where)
  expect([added.exitCode, added.err]).toEqual([0, 'blocks lifted: 1\n'])
  expect((await run('allowlist', ...where)).out).toContain('192.0.2.64/28')
  expect((await run('allowlist', 'remove', '192.0.2.64/28', ...where)).exitCode).toBe(0)
  expect(await run('allowlist', 'remove', '192.0.2.64/28', ...where)).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('192.0.2.64/28 is not on the allowlist') as string,
  })
  expect(await run('allowlist', 'remove', 'us', ...where)).toMatchObject({ exitCode: 2 })
  expect((await run('allowlist', ...where)).err).toBe('nobody is on the allowlist\n')
})
