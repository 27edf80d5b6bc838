/** Real sensor processes under ceilings so low that they must meet them: on loopback, so as root. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { validateConfig } from '../../../src/config/index.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import { builtProgram } from '../../../src/core/process/programs.ts'
import { loadShippedModels } from '../../../src/detect/models/index.ts'
import { heapOptions, type SensorConfig } from '../../../src/pressure/index.ts'
import type { SensorReport } from '../../../src/sensor/messages.ts'
import { SupervisedSensor } from '../../../src/sensor/supervisor.ts'
import { until } from '../../support/await-until.ts'

const config = validateConfig({ capture: { snapLengthBytes: 100 } }, 'a test')

/** Sends datagrams, each from a port of its own, one after the other until it is killed. */
const SENDING = `const dgram = require('node:dgram')
  const bytes = Buffer.alloc(100)
  const sockets = Array.from({ length: 200 }, () => dgram.createSocket('udp4'))
  let sent = 0
  const next = () => sockets[(sent += 1) % 200].send(bytes, 9, '127.0.0.1', next)
  for (let under = 0; under < 20; under += 1) next()`

/** Sends datagrams to as many addresses of loopback: each is a flow of its own. */
const ASKING_MANY = `const socket = require('node:dgram').createSocket('udp4')
  let left = 90_000
  const next = () => {
    if (left-- <= 0) return left === -1 && socket.close()
    socket.send('x', 9, '127.' + (left >> 16) + '.' + ((left >> 8) & 255) + '.' + (left & 255 || 1), next)
  }
  for (let under = 0; under < 20; under += 1) next()`

const children: ChildProcess[] = []
const sensors: SupervisedSensor[] = []

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await Promise.all(sensors.splice(0).map((sensor) => sensor.stop()))
})

/** A sensor on loopback with these ceilings; what it reported and why it failed. */
function startSensor(
  ceilings: SensorConfig,
  { nodeOptions = [], maxFlows }: { nodeOptions?: readonly string[]; maxFlows?: number } = {},
) {
  const reports: SensorReport[] = []
  const failures: string[] = []
  const taken = { flows: 0 }
  const { capture, detect, evidence } = config
  const flow = { ...config.flow, maxFlows: maxFlows ?? config.flow.maxFlows }
  const models = loadShippedModels(silentLog, detect.randomForest.model)
  const assignment = {
    ...{ interfaceName: 'lo', capture, flow, detect, evidence, models, sensor: ceilings },
    ...{ wantsFlows: true, flowsPerStory: null, rules: [] },
  }
  const sensor = new SupervisedSensor('lo', {
    log: silentLog,
    program: builtProgram('sensor/sensor-process'),
    nodeOptions,
    maxSilenceMs: 60_000,
    assignment: () => assignment,
    onBatch: (flows) => (taken.flows += flows?.length ?? 0),
    onReport: (report) => reports.push(report),
    onModelLearned: () => undefined,
    onSample: () => undefined,
    onRunning: () => undefined,
    onFailed: (reason) => failures.push(reason),
  })
  sensors.push(sensor)
  return { sensor, reports, failures, taken }
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

  it('accounts for every flow when nobody takes what it has to tell', async () => {
    const roomy = { maxCpuShare: 16, maxMemoryMegabytes: 400 }
    // Flows that found the table full end at once, and so have to be handed over.
    const { sensor, reports, taken } = startSensor(roomy, { maxFlows: 1024 })
    await sensor.settled
    // A busy machine captures a small part of each round.
    for (let round = 0; round < 25 && !((reports.at(-1)?.droppedFlows ?? 0) > 0); round += 1) {
      const before = reports.length
      // This process stands still meanwhile, and the channel fills.
      spawnSync(process.execPath, ['-e', ASKING_MANY])
      await until('it reports again', () => (reports.length > before + 1 ? true : null))
    }
    expect(reports.at(-1)!.droppedFlows).toBeGreaterThan(0)
    await sensor.stop()
    const { openedFlows, droppedFlows, foldedFlows, skipped, liveFlows } = reports.at(-1)!
    expect(liveFlows).toBe(0)
    expect(taken.flows).toBe(openedFlows - droppedFlows - foldedFlows - skipped.records)
  }, 120_000)

  it('has a heap that cannot outgrow its share of the ceiling', async () => {
    const ceilings = { maxCpuShare: 1, maxMemoryMegabytes: 200 }
    const { sensor } = startSensor(ceilings, { nodeOptions: heapOptions(ceilings) })
    await sensor.settled
    const line = readFileSync(`/proc/${sensor.pid}/cmdline`, 'latin1')
    expect(line.split('\0')).toContain('--max-old-space-size=114')
    await sensor.stop()
  })
})
