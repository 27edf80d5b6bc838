import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import type { Log } from '../../../src/core/log/log.ts'
import { createMetrics } from '../../../src/core/log/metrics.ts'
import type { Detection } from '../../../src/detect/detection.ts'
import { gaugeHost } from '../../../src/health/host-gauges.ts'
import { HostReader } from '../../../src/health/host-reading.ts'
import { HostWatch } from '../../../src/health/index.ts'
import { until } from '../../support/await-until.ts'

const settings = { directory: '/tmp', clock: systemClock }
const nothing = (): void => undefined
const silent: Log = {
  ...{ debug: nothing, info: nothing, warn: nothing, error: nothing },
  close: () => Promise.resolve(),
}
let watch: HostWatch | undefined
afterEach(() => watch?.stop())

function startWatch(hostEventSeconds: number, directory = '/tmp', clock = systemClock) {
  const told: Detection[] = []
  const warnings: string[] = []
  const metrics = createMetrics()
  watch = new HostWatch({
    ...{ config: { hostEventSeconds }, directory, clock, metrics },
    log: { ...silent, warn: (message) => warnings.push(message) },
    sensors: () => [],
    onDetection: (detection) => told.push(detection),
  })
  return { watch, told, warnings, metrics }
}

describe('HostReader', () => {
  it('reads the host, and of processes those that run', async () => {
    const child = spawn('sleep', ['60'])
    await once(child, 'spawn')
    const sensors = () => [{ interfaceName: 'lo', pid: child.pid }]
    const reader = new HostReader({ ...settings, sensors })
    const first = await reader.read()
    expect(first.cpuShare).toBeNull()
    expect(first.memory.totalBytes).toBeGreaterThan(first.memory.availableBytes)
    expect(first.disk.totalBytes).toBeGreaterThan(first.disk.freeBytes)
    expect(first.interfaces).toMatchObject([{ interface: 'lo' }])
    expect(first.processes).toMatchObject([
      { role: 'agent', interface: null, pid: process.pid, cpuShare: null },
      { role: 'sensor', interface: 'lo', pid: child.pid },
    ])
    expect(first.processes[0]!.residentBytes).toBeGreaterThan(1e7)
    child.kill()
    await once(child, 'exit')
    expect((await reader.read()).processes).toHaveLength(1)
  })

  it('gives the shares of the time between two readings', async () => {
    const reader = new HostReader({ ...settings, sensors: () => [] })
    await reader.read()
    const { user } = process.cpuUsage()
    while (process.cpuUsage().user - user < 300_000);
    const { cpuShare, processes } = await reader.read()
    expect(processes[0]!.cpuShare).toBeGreaterThan(0)
    expect(cpuShare).toBeGreaterThanOrEqual(processes[0]!.cpuShare!)
    expect(cpuShare).toBeLessThanOrEqual(1)
  })

  it('names a data folder that is out of reach', async () => {
    const reader = new HostReader({ ...settings, directory: '/nowhere', sensors: () => [] })
    await expect(reader.read()).rejects.toThrow(/the disk of \/nowhere/)
  })
})

describe('HostWatch', () => {
  it('tells of the host at the start, as an event that wakes nobody', async () => {
    const { told, watch, metrics } = startWatch(3600)
    const event = await until('the event', () => told[0] ?? null)
    expect(event).toMatchObject({ kind: 'health.host', family: 'health', severity: 0, count: 1 })
    expect(event.summary).toMatch(
      /^CPU .* %, load .*; memory .*; disk .* free; Picket uses .* [MG]B$/,
    )
    expect(watch.reading?.cpuShare).not.toBeNull()
    expect((await metrics.render()).text).toMatch(/^picket_data_disk_free_bytes \d+$/m)
  })

  it('goes on telling of it when a clock that was ahead is set right', async () => {
    let aheadMs = 12 * 365 * 86_400_000
    const { told } = startWatch(1, '/tmp', { nowMs: () => Date.now() + aheadMs })
    await until('the event', () => told[0] ?? null)
    aheadMs = 0
    expect((await until('the next', () => told[1] ?? null)).count).toBe(2)
  })

  it('tells nothing when told never to, and measures all the same', async () => {
    const { told, watch } = startWatch(0)
    await until('two readings', () => (typeof watch.reading?.cpuShare === 'number' ? true : null))
    expect(told).toEqual([])
  })

  it('has no reading of a host that it cannot read', async () => {
    const { watch, warnings, metrics } = startWatch(3600, '/nowhere')
    await until('it says so', () => warnings[0] ?? null)
    expect(watch.reading).toBeNull()
    expect((await metrics.render()).text).not.toContain('picket_host')
  })
})

describe('gaugeHost', () => {
  it('takes away what is gone since the reading before', async () => {
    const reader = new HostReader({
      ...settings,
      sensors: () => [{ interfaceName: 'lo', pid: process.pid }],
    })
    const before = await reader.read()
    const metrics = createMetrics()
    gaugeHost(metrics, before, null)
    expect((await metrics.render()).text).toContain('picket_process_resident_bytes{role="sensor"')
    expect((await metrics.render()).text).toContain('picket_interface_drops{interface="lo"')
    gaugeHost(metrics, { ...before, interfaces: [], processes: [] }, before)
    expect((await metrics.render()).text).not.toContain('interface="lo"')
  })
})
