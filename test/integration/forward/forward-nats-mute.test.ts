/** What is no NATS server, or a broken one: each attempt is given up with the reason, and nothing of it stays. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { NatsLink, reasonInWords } from '../../../src/forward/nats/index.ts'
import { until } from '../../support/await-until.ts'

const INFO =
  'INFO {"server_id":"x","version":"2.10.0","proto":1,"host":"127.0.0.1","port":4222,"max_payload":1048576,"headers":true}\r\n'

it.each([
  ['nothing at all', ''],
  ['who it is and then nothing', INFO],
])('an attempt at a server that says %s leaves no socket open', async (_, greeting) => {
  const open = new Set<Socket>()
  let accepted = 0
  const server = createServer((socket) => {
    accepted += 1
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => undefined)
    socket.resume().write(greeting)
  })
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const config = { connectTimeoutMs: 200, tls: {} } as Parameters<typeof NatsLink.open>[0]
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const opening = NatsLink.open(config, `nats://127.0.0.1:${port}`, { answerTimeoutMs: 1000 })
    const failure = await opening.then(() => null, reasonInWords)
    expect(failure).toBe('the server did not answer in 200 ms (connectTimeoutMs)')
  }
  expect(accepted).toBe(3)
  await until('all are closed', () => (open.size === 0 ? true : null))
})

it.each(['garbage', 'null', '[1'])(
  'an answer that is no JSON object (%s) is told of',
  async (said) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined).write(INFO)
      socket.on('data', (bytes) => {
        const text = bytes.toString()
        if (text.includes('PING')) socket.write('PONG\r\n')
        const answerTo = /HPUB \S+ (\S+) /.exec(text)?.[1]
        if (answerTo !== undefined) socket.write(`MSG ${answerTo} 1 ${said.length}\r\n${said}\r\n`)
      })
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const config = { connectTimeoutMs: 2000, tls: {} } as Parameters<typeof NatsLink.open>[0]
    const link = await NatsLink.open(config, `nats://127.0.0.1:${port}`, { answerTimeoutMs: 2000 })
    onTestFinished(async () => {
      await link.close()
      server.close()
    })
    const publisher = link.publisher(10)
    await publisher.publish([{ sequence: 1, subject: 'picket.x', payload: Buffer.of(1), id: 'a' }])
    await expect(publisher.settle()).rejects.toThrow('what answers for picket.x is no stream')
  },
)
