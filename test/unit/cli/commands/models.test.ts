import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { servedApi } from '../../../support/api/api-server.ts'
import { run } from '../../../support/memory-terminal.ts'

test('how far the learning of a host is, is told by its agent', async () => {
  const model = {
    name: 'isolation-forest',
    interface: 'eth0',
    state: 'learning',
    progress: 0.426,
  } as const
  const api = await servedApi({ models: [model] })
  const where = ['--data-dir', dirname(api.socketPath)]
  const status = await run('models', 'status', ...where)
  expect(status.out).toContain('eth0 is being learned: 42 % of 5,000 flows and 60 minutes\n')
  expect(status.err).toBe('')
  expect((await run('models', 'status', '--json', ...where)).json[0]).toEqual({
    ...{ interface: 'eth0', state: 'learning', progress: 0.426 },
  })
})
