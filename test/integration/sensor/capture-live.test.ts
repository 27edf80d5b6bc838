import { spawnSync, type ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import type { CaptureConfig } from '../../../src/capture/config.ts'
import { openLiveSource } from '../../../src/capture/index.ts'
import { LinkType, type CaptureEnd, type CaptureStatistics } from '../../../src/capture/source.ts'
import { joinHosts, type TestHost, type TestNetwork } from '../../support/hosts/namespace.ts'

const DRIVERS = ['tcpdump', 'cap'] as const
const MAIN = packagedFile('dist/main.js')
const captureProgram = fileURLToPath(
  new URL('../../support/captures/capture-interface.mjs', import.meta.url),
)

function configFor(driver: CaptureConfig['driver'], bufferMegabytes = 8): CaptureConfig {
  return {
    interfaces: ['lo'],
    driver,
    snapLengthBytes: 100,
    bufferMegabytes,
    delivery: 'auto',
    tcpdumpUser: 'tcpdump',
  }
}

/** A program that sends datagrams to port 9, one after the other. */
function sending(count: number, bytes: number, address: string): string {
  return `const socket = require('node:dgram').createSocket('udp4')
    let left = ${count}
    const next = () =>
      left-- > 0 ? socket.send(Buffer.alloc(${bytes}), 9, '${address}', next) : socket.close()
    next()`
}

/** The kernel's stamps and the process's clock are read at different moments, and a clock may be set. */
const CLOCKS_APART_MS = 1000

describe.each(DRIVERS)('capture on loopback by %s', (driver) => {
  it('hands on what is sent, counts it, and ends when it is asked to', async () => {
    const marker = Buffer.alloc(300, `picket ${driver} ${process.pid} `)
    const socket = createSocket('udp4')
    let framesSeen = 0
    let marked = 0
    onTestFinished(() => void vi.useRealTimers())
    const begunMs = Date.now()
    const source = openLiveSource({
      interface: 'lo',
      config: configFor(driver),
      onListening: () => {
        for (let sent = 0; sent < 20; sent += 1) socket.send(marker, 9, '127.0.0.1')
      },
    })
    const end = await source.run((frame) => {
      framesSeen += 1
      const bytes = Buffer.from(frame.buffer.subarray(frame.offset, frame.offset + 100))
      if (!bytes.includes(marker.subarray(0, 50)) || frame.wireLength !== 342) return
      expect(frame.linkType).toBe(LinkType.ETHERNET)
      expect(frame.capturedLength).toBe(100)
      const capturedMs = frame.timestampUs / 1000
      expect(capturedMs).toBeGreaterThan(begunMs - CLOCKS_APART_MS)
      expect(capturedMs).toBeLessThan(Date.now() + CLOCKS_APART_MS)
      marked += 1
      if (marked < 20) return
      // So that nothing but its being asked to ends it: what ends one that will not go waits for a timer.
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      source.stop()
    })
    socket.close()
    expect(end).toEqual({ kind: 'stopped' })
    expect(marked).toBe(20)
    expect(source.name).toBe(`lo (${driver})`)
    expect(source.statistics().frames).toBeGreaterThanOrEqual(20)
    expect(source.statistics().frames).toBe(framesSeen)
  })

  it('says which interfaces there are when asked for another', async () => {
    const source = openLiveSource({ interface: 'nosuch0', config: configFor(driver) })
    await expect(source.run(() => undefined)).rejects.toMatchObject({
      code: 'ERR_CAPTURE_OPEN',
      message: 'there is no interface "nosuch0"',
      hint: expect.stringContaining('lo') as string,
    })
  })
})

it('frames the kernel drops while nobody reads are counted', async () => {
  const socket = createSocket('udp4')
  const source = openLiveSource({
    interface: 'lo',
    config: configFor('tcpdump', 1),
    onListening: () => socket.send('begin', 9, '127.0.0.1'),
  })
  let hasBlocked = false
  const end = await source.run(() => {
    if (hasBlocked) return
    hasBlocked = true
    spawnSync(process.execPath, ['-e', sending(20_000, 1000, '127.0.0.1')])
    source.stop()
  })
  socket.close()
  expect(end).toEqual({ kind: 'stopped' })
  expect(source.statistics().kernelDrops).toBeGreaterThan(0)
})

describe('capture in a namespace', () => {
  let network: TestNetwork<'host' | 'peer'>
  beforeAll(async () => {
    network = await joinHosts(['host', 'peer'])
  })
  afterAll(() => network.remove())

  it('gives the same frames through both drivers', async () => {
    const { host, peer } = network.hosts
    const captures = DRIVERS.map((driver) => new Capture(host, driver))
    await Promise.all(captures.map((capture) => capture.until('listening', 1)))
    const sent = await peer.run(process.execPath, ['-e', sending(10, 200, host.address4)])
    expect(sent.code, sent.stderr).toBe(0)
    await Promise.all(captures.map((capture) => capture.until('datagram', 10)))
    const [byTcpdump, byCap] = await Promise.all(captures.map((capture) => capture.stop()))
    expect(byTcpdump?.end).toEqual({ kind: 'stopped' })
    expect(byTcpdump?.statistics.kernelDrops).toBe(0)
    expect(byCap?.statistics.kernelDrops).toBeNull()
    expect(captures[1]?.datagrams()).toEqual(captures[0]?.datagrams())
    expect(captures[0]?.datagrams().map((datagram) => datagram.wireLength)).toEqual(
      Array(10).fill(242),
    )
  })

  it.each(DRIVERS)('is refused by %s on an interface that is down', async (driver) => {
    const { host } = network.hosts
    await host.run('ip', ['link', 'add', 'down0', 'type', 'veth', 'peer', 'name', 'down1'])
    const capture = new Capture(host, driver, 'down0')
    const error = await capture.until('error', 1)
    expect(error).toMatchObject({
      code: 'ERR_CAPTURE_OPEN',
      hint: 'bring it up: ip link set down0 up',
    })
    await host.run('ip', ['link', 'del', 'down0'])
  })

  it.each(DRIVERS)('is refused by %s without CAP_NET_RAW', async (driver) => {
    const { host } = network.hosts
    const without = ['setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw']
    const capture = new Capture(host, driver, host.interface, without)
    const error = await capture.until('error', 1)
    expect(error).toMatchObject({
      code: 'ERR_CAPTURE_PRIVILEGE',
      hint: 'run as root, or give the process CAP_NET_RAW',
    })
  })

  describe('by a root that may capture but not become another user, as in a container', () => {
    const lesser = ['setpriv', '--bounding-set=-all,+net_raw,+net_admin', '--inh-caps=-all']

    it('goes by the addon, since tcpdump changes its user and ends where it may not', async () => {
      const { host, peer } = network.hosts
      const capture = new Capture(host, 'auto', host.interface, lesser)
      await capture.until('listening', 1)
      const sent = await peer.run(process.execPath, ['-e', sending(3, 200, host.address4)])
      expect(sent.code, sent.stderr).toBe(0)
      await capture.until('datagram', 3)
      expect((await capture.stop()).end).toEqual({ kind: 'stopped' })
    })

    it('is what picket doctor tells', async () => {
      const { host } = network.hosts
      const [setpriv = '', ...rights] = lesser
      const doctor = [process.execPath, MAIN, 'doctor', '--json']
      const { stdout } = await host.run(setpriv, [...rights, ...doctor])
      expect(stdout).toMatch(/"check":"tcpdump","state":"note","found":"may not change its user/)
    })

    it('is refused by tcpdump with what it lacks', async () => {
      const { host } = network.hosts
      const capture = new Capture(host, 'tcpdump', host.interface, lesser)
      expect(await capture.until('error', 1)).toMatchObject({
        code: 'ERR_CAPTURE_PRIVILEGE',
        hint: 'give the process CAP_SETUID and CAP_SETGID, or set capture.driver to cap',
      })
    })
  })

  it('ends as failed when the interface goes away', async () => {
    const { host } = network.hosts
    await host.run('ip', ['link', 'add', 'gone0', 'type', 'veth', 'peer', 'name', 'gone1'])
    await host.run('ip', ['link', 'set', 'gone0', 'up'])
    const capture = new Capture(host, 'tcpdump', 'gone0')
    await capture.until('listening', 1)
    await host.run('ip', ['link', 'del', 'gone0'])
    const { end } = await capture.until('end', 1)
    expect(end).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('disappeared') as string,
    })
  })
})

interface CaptureLine {
  readonly kind: 'listening' | 'datagram' | 'end' | 'error'
  readonly linkType: number
  readonly wireLength: number
  readonly hex: string
  readonly end: CaptureEnd
  readonly statistics: CaptureStatistics
}

/** The capture program, started inside a host. */
class Capture {
  readonly #child: ChildProcess
  readonly #lines: CaptureLine[] = []
  readonly #reading

  constructor(host: TestHost, driver: string, name = host.interface, through: string[] = []) {
    const [command = '', ...args] = [...through, process.execPath, captureProgram, driver, name]
    this.#child = host.spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    if (this.#child.stdout === null) throw new Error('the capture program has no output')
    this.#reading = createInterface(this.#child.stdout)
    this.#reading.on('line', (line) => this.#lines.push(JSON.parse(line) as CaptureLine))
  }

  /** Waits for the count-th line of a kind. */
  async until(kind: CaptureLine['kind'], count: number): Promise<CaptureLine> {
    for (;;) {
      const found = this.#lines.filter((line) => line.kind === kind)[count - 1]
      if (found) return found
      await once(this.#reading, 'line', { signal: AbortSignal.timeout(10_000) })
    }
  }

  stop(): Promise<CaptureLine> {
    this.#child.kill('SIGTERM')
    return this.until('end', 1)
  }

  datagrams(): { linkType: number; wireLength: number; hex: string }[] {
    return this.#lines
      .filter((line) => line.kind === 'datagram')
      .map(({ linkType, wireLength, hex }) => ({ linkType, wireLength, hex }))
  }
}
