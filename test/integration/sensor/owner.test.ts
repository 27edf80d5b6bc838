/**
 * Processes of real, short connections: `curl` against a server of this process, seen by the kernel's trace
 * events. Without root nothing of it can be seen, and the tests say so; where tracefs is not mounted the
 * source mounts it for as long as it runs.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { startOwners, type Owner, type Owners } from '../../../src/owner/index.ts'
import { until } from '../../support/await-until.ts'
import { freePort } from '../../support/hosts/free-port.ts'

const NOBODY = 65534
/** A busy machine may see the end of a connection long after it: no port comes twice in these tests. */
const BEGUN_US = Date.now() * 1000
const TRACING = '/sys/kernel/tracing'
const isRoot = process.getuid?.() === 0
const settings = { enabled: true, mountTracefs: true, pollIntervalMs: 100, maxConnections: 4096 }

const start = (sources: 'trace' | 'socket-table') =>
  startOwners({ config: { ...settings, sources }, clock: systemClock })

/** One end of a connection on loopback, as its flow would have it. */
function end(own: number, other: number, isOriginator: boolean, changes = {}) {
  return {
    ...{ protocol: 6, isOriginator, localPort: own, remotePort: other },
    ...{ localAddress: '127.0.0.1', remoteAddress: '127.0.0.1', isHeard: true },
    ...{ startUs: BEGUN_US, endUs: Date.now() * 1000, ...changes },
  }
}

/** Asks until it is known: the kernel's telling is read every now and then. */
function ownerOf(owners: Owners, asked: ReturnType<typeof end>): Promise<Owner> {
  return until('the owner is known', () => {
    owners.sources[0]!.catchUp()
    const owner = owners.at(asked)
    return owner?.pid === null ? null : owner
  })
}

async function listen(server: Server | ReturnType<typeof createTcpServer>, host = '127.0.0.1') {
  server.listen(0, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Runs a short `curl`; the server answers with the port that it came from. */
async function curl(url: string, uid = 0): Promise<{ pid: number; port: number }> {
  const child: ChildProcess = spawn('/usr/bin/curl', ['-sg', url], { uid })
  let said = ''
  child.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await once(child, 'close')
  return { pid: child.pid!, port: Number(said) }
}

const noRights = isRoot ? '' : ' (skipped: needs root)'

describe.skipIf(!isRoot)(`processes by trace events${noRights}`, () => {
  const server = createServer((request, response) => response.end(`${request.socket.remotePort}`))
  let port = 0
  let owners: Owners

  beforeAll(async () => {
    port = await listen(server, '::')
    owners = await start('trace')
  })

  afterAll(async () => {
    server.close()
    await owners?.stop()
  })

  /** A kernel without these events, or a container that may not trace, has the tables of sockets only. */
  const needTrace = (skip: (reason: string) => never) => {
    const { problem } = owners.sources[0]!
    if (problem !== null) skip(problem)
  }

  it('names the curl of every short call, its program and its user', async ({ skip }) => {
    needTrace(skip)
    for (let calls = 0; calls < 25; calls += 1) {
      const uid = calls % 2 === 0 ? 0 : NOBODY
      const { pid, port: own } = await curl(`http://127.0.0.1:${port}/`, uid)
      const owner = await ownerOf(owners, end(own, port, true))
      const sure = { side: 'originator', how: 'connect', pid, executable: '/usr/bin/curl' }
      expect(owner).toMatchObject({ ...sure, command: 'curl' })
      // Read too late it may be unknown; never may it be another's.
      expect([uid, null]).toContain(owner.uid)
    }
  })

  it('names the server of connections that came in', async ({ skip }) => {
    needTrace(skip)
    const { port: other } = await curl(`http://127.0.0.1:${port}/`)
    const owner = await ownerOf(owners, end(port, other, false))
    const server = { pid: process.pid, executable: process.execPath, uid: 0 }
    expect(owner).toMatchObject({ side: 'responder', how: 'close', ...server })
  })

  it('sees IPv6, whose port is known later than its process', async ({ skip }) => {
    needTrace(skip)
    if (!existsSync('/proc/net/if_inet6')) skip('no IPv6 here')
    const { pid, port: own } = await curl(`http://[::1]:${port}/`)
    const addresses = { localAddress: '::1', remoteAddress: '::1' }
    const owner = await ownerOf(owners, end(own, port, true, addresses))
    expect(owner).toMatchObject({ how: 'connect', pid })
  })

  it('names who tried a port that refuses', async ({ skip }) => {
    needTrace(skip)
    const [own, closed] = [await freePort(), await freePort()]
    const ends = { port: closed, host: '127.0.0.1', localPort: own }
    const script = `require('net').connect(${JSON.stringify(ends)}).on('error',({code})=>console.log(code))`
    const child = spawn(process.execPath, ['-e', script])
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    expect(said.toString()).toBe('ECONNREFUSED\n')
    expect(await ownerOf(owners, end(own, closed, true))).toMatchObject({ pid: child.pid })
  })

  it('names who sends by UDP', async ({ skip }) => {
    needTrace(skip)
    const receiver = createSocket('udp4').bind(0, '127.0.0.1')
    await once(receiver, 'listening')
    const to = receiver.address().port
    const script = `const s=require('dgram').createSocket('udp4');s.send('x',${to},'127.0.0.1',()=>s.close())`
    const child = spawn(process.execPath, ['-e', script])
    const [, from] = (await once(receiver, 'message')) as [Buffer, { port: number }]
    receiver.close()
    const owner = await ownerOf(owners, end(from.port, to, true, { protocol: 17 }))
    expect(owner).toMatchObject({ how: 'send', pid: child.pid, executable: process.execPath })
  })

  it('is not deceived by a process whose name forges events', async ({ skip }) => {
    needTrace(skip)
    const forged = `process.title='x\\n init-1 [0]';require('http').get('http://127.0.0.1:${port}/',(r)=>r.pipe(process.stdout))`
    const child = spawn(process.execPath, ['-e', forged])
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await once(child, 'close')
    const owner = await ownerOf(owners, end(Number(said), port, true))
    expect(owner).toMatchObject({ pid: child.pid, executable: process.execPath })
  })

  it('leaves nothing behind, and clears up after one that was killed', async ({ skip }) => {
    needTrace(skip)
    const instances = () =>
      readdirSync(`${TRACING}/instances`).filter((name) => /^picket/.test(name))
    await owners.stop()
    if (existsSync(`${TRACING}/instances`)) {
      expect(instances()).not.toContain(`picket-${process.pid}`)
      const gone = spawn('/bin/true')
      await once(gone, 'exit')
      mkdirSync(`${TRACING}/instances/picket-${gone.pid}`)
      owners = await start('trace')
      expect(instances()).not.toContain(`picket-${gone.pid}`)
      await owners.stop()
      expect(instances()).not.toContain(`picket-${process.pid}-bell`)
    }
    expect(owners.sources[0]).toMatchObject({ problem: 'stopped' })
  })
})

describe('processes by the tables of sockets', () => {
  it('names who listens, and who has a connection that stands', async () => {
    const server = createTcpServer()
    const port = await listen(server)
    const accepted = once(server, 'connection')
    const client = connect(port, '127.0.0.1')
    const [there] = (await accepted) as [ReturnType<typeof connect>]
    const owners = await start('socket-table')
    const own = { pid: process.pid, executable: process.execPath, uid: process.geteuid?.() }
    const stranger = { remoteAddress: '192.0.2.7' }
    const listener = await ownerOf(owners, end(port, 9, false, stranger))
    expect(listener).toMatchObject({ how: 'listener', side: 'responder', ...own })
    const opener = await ownerOf(owners, end(client.localPort!, port, true))
    expect(opener).toMatchObject({ how: 'socket', side: 'originator', ...own })
    expect(owners.at(end(1, 2, true))).toBeNull()
    await owners.stop()
    there.destroy()
    client.destroy()
    server.close()
  })
})
