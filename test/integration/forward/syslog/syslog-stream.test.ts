/** What a stream of syslog does with its connection, seen from a real TCP server. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { StreamConnection } from '../../../../src/forward/connections/stream-connection.ts'
import { messageContext } from '../../../../src/forward/formats/syslog/message.ts'
import { HEARTBEAT } from '../../../../src/forward/delivery/heartbeat.ts'
import { SyslogStreamSink } from '../../../../src/forward/sinks/syslog/stream.ts'
import { until } from '../../../support/await-until.ts'
import { cefOf, sinkConfig } from '../../../support/delivery/forwarding.ts'
import { event } from '../../../support/record.ts'

/** A server that answers FIN with FIN, as collectors do, unless it keeps its half open. */
async function startServer({ allowHalfOpen = false } = {}) {
  const sockets: Socket[] = []
  let text = ''
  const server = createServer({ allowHalfOpen }, (socket) => {
    sockets.push(socket)
    socket.on('data', (bytes) => (text += bytes.toString('utf8')))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    sockets.forEach((socket) => socket.destroy())
    server.close()
  })
  const lines = () => text.split('\n').slice(0, -1).map(cefOf)
  return { sockets, port: (server.address() as AddressInfo).port, lines }
}

const LIMITS = { connectTimeoutMs: 5000, writeTimeoutMs: 5000, idleTimeoutMs: 60_000 }
const endpointAt = (port: number) => ({ kind: 'tcp', host: '127.0.0.1', port, tls: null }) as const

function sinkTo(port: number, clock: { ms: number }): SyslogStreamSink {
  const sink = new SyslogStreamSink({
    ...{ name: 'siem', endpoint: endpointAt(port), limits: LIMITS, framing: 'newline' },
    context: messageContext(sinkConfig({}), '0.1.0', 8192),
    monotonicMs: () => clock.ms,
  })
  onTestFinished(async () => void (await sink.close()))
  return sink
}

const beat = () => event({ kind: HEARTBEAT, family: 'health', sequence: 7 })
const numbered = (...numbers: readonly number[]) => numbers.map((sequence) => event({ sequence }))

describe('syslog over TCP', () => {
  it('keeps one connection for heartbeats, however many minutes pass between them', async () => {
    const server = await startServer()
    const clock = { ms: 0 }
    const sink = sinkTo(server.port, clock)
    for (let minute = 0; minute < 5; minute += 1) {
      expect(await sink.send([beat()])).toMatchObject({ kind: 'accepted' })
      clock.ms += 60_000
      expect(await sink.send([])).toMatchObject({ kind: 'accepted' })
    }
    await until('all have arrived', () => (server.lines().length === 5 ? true : null))
    expect(server.sockets).toHaveLength(1)
  })

  it('asks by FIN for events as before, and counts none that only heartbeats followed as arrived', async () => {
    const server = await startServer()
    const clock = { ms: 0 }
    const sink = sinkTo(server.port, clock)
    await sink.send(numbered(1, 2))
    await sink.send([beat()])
    expect(await sink.send([])).toEqual({ kind: 'accepted', sequence: 0 })
    clock.ms += 31_000
    expect(await sink.send([])).toEqual({ kind: 'accepted', sequence: 2 })
  })

  it('forgets what was under way when numbers go backwards: only what is sent again counts', async () => {
    const server = await startServer()
    const clock = { ms: 0 }
    const sink = sinkTo(server.port, clock)
    await sink.send(numbered(1, 2, 3, 4, 5))
    clock.ms += 29_000
    await sink.send(numbered(2, 3))
    clock.ms += 2000
    // The five were sent 31 s ago, but over a connection that was given up.
    expect(await sink.send([])).toEqual({ kind: 'accepted', sequence: 0 })
    clock.ms += 29_000
    expect(await sink.send([])).toEqual({ kind: 'accepted', sequence: 3 })
    const numbers = server.lines().map(({ extension }) => Number(extension['cn1']))
    expect(numbers).toEqual([1, 2, 3, 4, 5, 2, 3])
  })
})

describe('a collector that never answers FIN', () => {
  it('is believed after the third connection that it left open, and not asked again', async () => {
    const server = await startServer({ allowHalfOpen: true })
    const clock = { ms: 0 }
    const sink = sinkTo(server.port, clock)
    for (let round = 1; round <= 2; round += 1) {
      await sink.send(numbered(1, 2))
      clock.ms += 31_000
      expect(await sink.send([])).toMatchObject({
        kind: 'retry',
        reason: expect.stringContaining('did not close the connection') as string,
      })
    }
    await sink.send(numbered(1, 2))
    clock.ms += 31_000
    expect(await sink.send([])).toEqual({ kind: 'accepted', sequence: 2 })
    await sink.send(numbered(3))
    clock.ms += 31_000
    expect(await sink.send([])).toEqual({ kind: 'accepted', sequence: 3 })
    expect(server.sockets).toHaveLength(4)
  }, 20_000)
})

/** A connection that was closed for being idle, and the server's end of it. */
async function idleConnection({ sockets, port }: Awaited<ReturnType<typeof startServer>>) {
  const connection = await StreamConnection.open({
    endpoint: endpointAt(port),
    limits: { ...LIMITS, idleTimeoutMs: 100 },
    signal: new AbortController().signal,
  })
  onTestFinished(() => connection.destroy())
  const socket = await until('it is there', () => sockets[0] ?? null)
  await once(socket, 'end')
  return { connection, socket }
}

describe('a connection over which nothing is sent', () => {
  it('is closed after idleTimeoutMs, in words, and the collector is told by FIN', async () => {
    const server = await startServer()
    const { connection } = await idleConnection(server)
    expect(connection.lost).toBe('closed after being idle')
    await expect(connection.write(Buffer.from('x'))).rejects.toThrow('closed after being idle')
  })

  it('keeps no socket of a collector that leaves its half open', async () => {
    const server = await startServer({ allowHalfOpen: true })
    const { socket } = await idleConnection(server)
    const failed = once(socket, 'error') as Promise<[NodeJS.ErrnoException]>
    // Whoever still held the socket would take it; where none is, the kernel resets the connection.
    await until('it is reset', () => socket.destroyed || !socket.write('x') || null)
    expect((await failed)[0].code).toMatch(/^(ECONNRESET|EPIPE)$/)
  })
})
