/** What a service manager is told by a real agent, on a socket as systemd's is. */
import { Database } from '../../../src/record/sqlite/driver.ts'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { until } from '../../support/await-until.ts'
import { joinHosts, type TestNetwork } from '../../support/hosts/namespace.ts'
import { notifySocket, type NotifySocket } from '../../support/hosts/notify-socket.ts'
import { picket, startAgentIn, type RunningAgent } from '../../support/running-agent.ts'

const folder = mkdtempSync(join(tmpdir(), 'picket-notify-'))
const data = join(folder, 'data')
const config = {
  capture: { interfaces: ['eth0'] },
  respond: { firewall: 'dry-run' },
  sensor: { maxSilenceSeconds: 3 },
}
const WATCHDOG_MS = 600
let network: TestNetwork<'victim'>
let manager: NotifySocket
let agent: RunningAgent

beforeAll(async () => {
  network = await joinHosts(['victim'])
  manager = notifySocket(join(folder, 'notify'))
  agent = await startAgentIn(network.hosts.victim, data, config, {
    NOTIFY_SOCKET: manager.path,
    WATCHDOG_USEC: String(WATCHDOG_MS * 1000),
  })
})

afterAll(async () => {
  await agent?.end('SIGKILL')
  manager?.close()
  await network?.remove()
  rmSync(folder, { recursive: true, force: true })
})

/** How many signs of life come in so many watches, from now on. */
async function signsIn(watches: number): Promise<number> {
  const from = manager.messages.length
  const untilMs = performance.now() + watches * WATCHDOG_MS
  await until('the time is over', () => (performance.now() > untilMs ? true : null))
  return manager.messages.slice(from).filter(({ WATCHDOG }) => WATCHDOG === '1').length
}

function sensorPid(): number {
  const { pid } = agent.child
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  return Number(
    children.find((child) =>
      readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('sensor-process'),
    ),
  )
}

describe('a service manager', () => {
  it('is told that the agent is ready once it captures and serves, and in words how it is', async () => {
    const { READY, STATUS } = await manager.told('READY')
    expect(READY).toBe('1')
    expect(STATUS).toBe('captures on eth0')
    const url = 'http://127.0.0.1:8460/v1/health/ready'
    expect((await network.hosts.victim.run('curl', ['-s', url])).stdout).toBe('{"status":"ready"}')
  })

  it('gets signs of life in time, more often than it asks for', async () => {
    expect(await signsIn(2)).toBeGreaterThanOrEqual(3)
  })

  it('is spoken to by the agent alone: sensors know nothing of it', () => {
    const environment = readFileSync(`/proc/${sensorPid()}/environ`, 'utf8')
    expect(environment).toContain('PATH=')
    expect(environment).not.toMatch(/NOTIFY_SOCKET|WATCHDOG/)
  })

  it('gets no sign of life while what writes the log hangs, and again when it goes on', async () => {
    const other = new Database(join(data, 'picket.db'))
    other.exec('BEGIN IMMEDIATE')
    // Ordered of the agent, whose own writer then waits; `picket token` would write to the log by itself.
    const order = ['block', '192.0.2.7', '--ttl', '1m', '--reason', 'a test', '--data-dir', data]
    const waiting = picket(network.hosts.victim, ...order)
    await until('the writer hangs', () =>
      agent.output().includes('the record does not answer') ? true : null,
    )
    expect(await signsIn(1)).toBe(0)
    other.exec('ROLLBACK')
    other.close()
    await waiting
    await manager.told('WATCHDOG', manager.messages.length)
  })

  it('is not bothered by a sensor that hangs: the agent ends it and starts another', async () => {
    const hanging = sensorPid()
    process.kill(hanging, 'SIGSTOP')
    await until('the sensor is replaced', () => {
      const words = 'the sensor said nothing for 3 seconds'
      return agent.output().includes(words) && sensorPid() !== hanging ? true : null
    })
    const from = manager.messages.length
    await manager.told('WATCHDOG', from)
    await until('it captures again', () =>
      manager.messages.at(-1)?.STATUS === 'captures on eth0' ||
      manager.messages.slice(from).some(({ STATUS }) => STATUS === 'captures on eth0')
        ? true
        : null,
    )
  })

  it('is told when the configuration is loaded again, and when that is done', async () => {
    const from = manager.messages.length
    const before = process.hrtime.bigint() / 1000n
    agent.child.kill('SIGHUP')
    const reloading = await manager.told('RELOADING', from)
    expect(Number(reloading.MONOTONIC_USEC)).toBeGreaterThanOrEqual(Number(before))
    const ready = await manager.told('READY', from)
    expect(ready.atMs).toBeGreaterThanOrEqual(reloading.atMs)
    expect(ready.STATUS).toBe('captures on eth0')
  })

  it('is told why a configuration is refused, and that the old one goes on', async () => {
    const from = manager.messages.length
    writeFileSync(join(data, 'picket.yaml'), stringify({ capture: { drivr: 'cap' } }))
    agent.child.kill('SIGHUP')
    const { STATUS } = await manager.told('READY', from)
    expect(STATUS).toMatch(/^the new configuration is refused, the old one stays: .*capture\.drivr/)
    expect(STATUS).toMatch(/; captures on eth0$/)
  })

  it('is told that the agent ends, before it has ended', async () => {
    const from = manager.messages.length
    expect(await agent.end('SIGTERM')).toBe(0)
    expect((await manager.told('STOPPING', from)).STATUS).toMatch(/^stopping/)
  })
})
