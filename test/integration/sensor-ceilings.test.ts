/** Real sensor processes under ceilings so low that they must meet them: on loopback, so as root. */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { validateConfig } from '../../src/config/index.ts'
import { silentLog } from '../../src/core/log.ts'
import { loadShippedModels } from '../../src/detect/models/index.ts'
import { heapOptions, type SensorConfig } from '../../src/pressure/index.ts'
import type { SensorReport } from '../../src/sensor-messages.ts'
import { SupervisedSensor } from '../../src/sensor-supervisor.ts'
import { until } from '../support/await-until.ts'

const config = validateConfig({ capture: { snapLengthBytes: 100 } }, 'a test')

/** Sends datagrams, each from a port of its own, one after the other until it is killed. */
const SENDING = `const dgram = require('node:dgram')
  const bytes = Buffer.alloc(100)
  const sockets = Array.from({ length: 200 }, () => dgram.createSocket('udp4'))
  let sent = 0
  const next = () => sockets[(sent += 1) % 200].send(bytes, 9, '127.0.0.1', next)
  for (let under = 0; under < 20; under += 1) next()`

const children: ChildProcess[] = []
const sensors: SupervisedSensor[] = []

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await Promise.all(sensors.splice(0).map((sensor) => sensor.stop()))
})

/** A sensor on loopback with these ceilings; what it reported and why it failed. */
function startSensor(ceilings: SensorConfig, nodeOptions: readonly string[] = []) {
  const reports: SensorReport[] = []
  const failures: string[] = []
  const { capture, flow, detect } = config
  const models = loadShippedModels(silentLog, detect.randomForest.model)
  const assignment = {
    ...{ interfaceName: 'lo', capture, flow, detect, models, sensor: ceilings },
    ...{ wantsFlows: true, flowsPerStory: 1000 },
  }
  const sensor = new SupervisedSensor('lo', {
    log: silentLog,
    nodeOptions,
    assignment: () => assignment,
    onBatch: () => undefined,
    onReport: (report) => reports.push(report),
    onModelLearned: () => undefined,
    onRunning: () => undefined,
    onFailed: (reason) => failures.push(reason),
  })
  sensors.push(sensor)
  return { sensor, reports, failures }
}

describe('a sensor process', () => {
  it('sheds load above its share of the processor, and stops as the load does', async () => {
    const { sensor, reports } = startSensor({ maxCpuShare: 0.1, maxMemoryMegabytes: 400 })
    await sensor.settled
    const sender = spawn(process.execPath, ['-e', SENDING], { stdio: 'ignore' })
    children.push(sender)
    const shedding = await until('load is shed', () => {
      const last = reports.at(-1)
      return last && /processor, 10 % allowed$/.test(last.load.why ?? '') ? last : null
    })
    expect(shedding.load.level).not.toBe('none')
    expect(Math.abs(shedding.load.sinceMs! - Date.now())).toBeLessThan(20_000)
    sender.kill('SIGKILL')
    const calm = await until(
      'it recovers',
      () => (reports.at(-1)!.load.level === 'none' ? reports.at(-1)! : null),
      { withinMs: 30_000 },
    )
    expect(calm.load).toMatchObject({ sinceMs: null, why: null })
    await sensor.stop()
  }, 60_000)

  it('is begun anew, and says why, when shedding does not bring its memory down', async () => {
    const { sensor, reports, failures } = startSensor({ maxCpuShare: 1, maxMemoryMegabytes: 30 })
    await sensor.settled
    await until('it gives up', () => (failures.length > 0 ? true : null), { withinMs: 20_000 })
    expect(failures[0]).toMatch(/^its memory stays at \d+ MB, sensor.maxMemoryMegabytes is 30 MB$/)
    // Its table had room for a quarter of the ceiling, and was not to grow.
    expect(reports.at(-1)!.maxFlows).toBeLessThanOrEqual(30e6 / 4 / 264)
    await until('another one runs', () => (sensor.state === 'running' ? true : null))
    expect(sensor.restarts).toBe(1)
    await sensor.stop()
  }, 60_000)

  it('has a heap that cannot outgrow its share of the ceiling', async () => {
    const ceilings = { maxCpuShare: 1, maxMemoryMegabytes: 200 }
    const { sensor } = startSensor(ceilings, heapOptions(ceilings))
    await sensor.settled
    const line = readFileSync(`/proc/${sensor.pid}/cmdline`, 'latin1')
    expect(line.split('\0')).toContain('--max-old-space-size=114')
    await sensor.stop()
  })
})
