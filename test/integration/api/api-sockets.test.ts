/** Where the API listens, who may reach it there, and what happens when it cannot. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Agent, fetch } from 'undici'
import { expect, onTestFinished, test, vi } from 'vitest'
import { listen, type ApiApp } from '../../../src/api/index.ts'
import { PicketError } from '../../../src/core/errors.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import { API_DEFAULTS, servedApi } from '../../support/api/api-server.ts'
import { temporaryFolder } from '../../support/record.ts'

// Whether sockets can be had does not depend on what is served on them.
const anyApp = {
  fetch: ({ url }: Request) =>
    url.endsWith('/never') ? new Promise(() => undefined) : new Response('here'),
} as unknown as ApiApp

async function listening(socketPath: string, changes: Partial<typeof API_DEFAULTS> = {}) {
  const config = { ...API_DEFAULTS, ...changes }
  const listener = await listen(anyApp, { config, socketPath, log: silentLog })
  onTestFinished(() => listener.close())
  return listener
}

async function refusal(attempt: Promise<unknown>): Promise<PicketError> {
  const error: unknown = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof PicketError)) throw new Error('it was not refused')
  expect(error.code).toBe('ERR_API_LISTEN')
  return error
}

test('the unix socket makes its owner the local operator, without a token', async () => {
  const api = await servedApi()
  const dispatcher = new Agent({ connect: { socketPath: api.socketPath } })
  onTestFinished(() => dispatcher.close())
  const answer = await fetch('http://picket/v1/blocks', {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ target: '192.0.2.7' }),
  })
  expect(answer.status).toBe(201)
  expect(await answer.json()).toMatchObject({ source: 'cli', orderedBy: 'local' })
  expect(statSync(api.socketPath).mode & 0o777).toBe(0o600)
})

test('a socket that a killed agent left behind is replaced', async () => {
  const path = join(await temporaryFolder(), 'picket.sock')
  const leaver = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`,
  ])
  await once(leaver.stdout, 'data')
  leaver.kill('SIGKILL')
  await once(leaver, 'exit')
  expect(existsSync(path)).toBe(true)
  await listening(path)
  const dispatcher = new Agent({ connect: { socketPath: path } })
  onTestFinished(() => dispatcher.close())
  expect(await (await fetch('http://picket/', { dispatcher })).text()).toBe('here')
})

test('a socket on which another agent answers is left to it', async () => {
  const path = join(await temporaryFolder(), 'picket.sock')
  await listening(path)
  const error = await refusal(listening(path))
  expect(error.message).toContain('another agent answers')
  expect(existsSync(path)).toBe(true)
})

test('a file that is no socket is not removed', async () => {
  const path = join(await temporaryFolder(), 'picket.sock')
  writeFileSync(path, 'precious')
  expect((await refusal(listening(path))).message).toContain('not a socket')
  expect(statSync(path).size).toBe(8)
})

test('a port that is taken is told with what to do, and leaves no socket behind', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const { port } = other.address() as { port: number }
  const path = join(await temporaryFolder(), 'picket.sock')
  const error = await refusal(listening(path, { port }))
  expect(error.message).toContain(`127.0.0.1 port ${port}: EADDRINUSE`)
  expect(error.hint).toContain('api.port')
  expect(existsSync(path)).toBe(false)
})

test.each(['0.0.0.0', '192.0.2.1', '::'])('without TLS the host %s is refused', async (host) => {
  const path = join(await temporaryFolder(), 'picket.sock')
  const error = await refusal(listening(path, { host }))
  expect(error.message).toContain('not a loopback address')
  expect(error.hint).toContain('api.tls.enabled')
})

test('a host that is no address is refused', async () => {
  const path = join(await temporaryFolder(), 'picket.sock')
  expect((await refusal(listening(path, { host: 'example.org' }))).message).toContain(
    'not an IP address',
  )
})

test('a host that others can reach is served in the clear where somebody insists', async () => {
  const path = join(await temporaryFolder(), 'picket.sock')
  const { url } = await listening(path, { host: '0.0.0.0', allowPlaintext: true })
  expect(await (await fetch(url!.replace('0.0.0.0', '127.0.0.1'))).text()).toBe('here')
})

test.each(['127.0.0.1', '127.9.9.9', '::1'])('the host %s is served', async (host) => {
  const { url } = await listening(join(await temporaryFolder(), 'picket.sock'), { host })
  expect(await (await fetch(url!)).text()).toBe('here')
})

test('with TCP switched off only the unix socket is there', async () => {
  const path = join(await temporaryFolder(), 'picket.sock')
  const listener = await listening(path, { enabled: false })
  expect(listener.url).toBeNull()
  expect(existsSync(path)).toBe(true)
})

test('closing removes the socket and cuts who will not go within half a second', async () => {
  const path = join(await temporaryFolder(), 'picket.sock')
  const listener = await listening(path)
  const { port, hostname } = new URL(listener.url!)
  const { connect } = await import('node:net')
  const idler = connect(Number(port), hostname)
  await once(idler, 'connect')
  // Once the first is answered the server has the second too, which it answers never.
  idler.write('GET / HTTP/1.1\r\nHost: l\r\n\r\nGET /never HTTP/1.1\r\nHost: l\r\n\r\n')
  await once(idler, 'data')
  const closed = new Promise((resolve) => void idler.once('close', resolve))
  idler.on('error', () => undefined)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const closing = listener.close()
  vi.advanceTimersByTime(500)
  await closing
  await closed
  expect(existsSync(path)).toBe(false)
})

test('a data folder with a very long path is refused with the reason', async () => {
  const error = await refusal(listening(`/tmp/${'x'.repeat(120)}/picket.sock`))
  expect(error.message).toContain('too long')
})
