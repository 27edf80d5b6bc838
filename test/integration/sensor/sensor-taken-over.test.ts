/** A process in the sensor's place that says what no sensor says, as one that hostile traffic has taken over might. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { validateConfig } from '../../../src/config/index.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import type { Detection } from '../../../src/detect/index.ts'
import { loadShippedModels } from '../../../src/detect/models/index.ts'
import { SupervisedSensor } from '../../../src/sensor/supervisor.ts'
import { until } from '../../support/await-until.ts'
import { detection } from '../../support/detection/detections.ts'
import { temporaryFolder } from '../../support/record.ts'

const config = validateConfig({}, 'a test')

/** Starts a process that, once it is told to start, says each of the messages; what was taken of them. */
async function startTakenOver(messages: string) {
  const program = join(await temporaryFolder(), 'taken-over.mjs')
  await writeFile(
    program,
    `process.on('message', ({ kind }) => {
      if (kind !== 'start') return
      for (const message of ${messages}) process.send(message)
      setInterval(() => undefined, 1_000)
    })`,
  )
  const { capture, detect, evidence, flow } = config
  const models = loadShippedModels(silentLog, detect.randomForest.model)
  const ceilings = { maxCpuShare: 0.9, maxMemoryMegabytes: 400 }
  const taken: Detection[] = []
  const failures: string[] = []
  const sensor = new SupervisedSensor('lo', {
    ...{ log: silentLog, program, nodeOptions: [], maxSilenceMs: 60_000 },
    assignment: () => ({
      ...{ interfaceName: 'lo', capture, flow, detect, evidence, models, sensor: ceilings },
      ...{ wantsFlows: true, flowsPerStory: null, rules: [] },
    }),
    onBatch: (_, detections) => void taken.push(...detections),
    onReport: () => undefined,
    onModelLearned: () => undefined,
    onSample: () => undefined,
    onRunning: () => undefined,
    onFailed: (reason) => failures.push(reason),
  })
  onTestFinished(() => sensor.stop())
  return { sensor, taken, failures }
}

const batch = (...detections: readonly object[]): object => ({
  ...{ kind: 'batch', flows: null, detections },
})

it('tells what cannot be, of which nothing is taken but what is sound, and goes on', async () => {
  const messages = [
    batch(detection({ summary: 'sound' }), { ...detection(), attacker: '10.0.0.0/8' }),
    batch(detection({ summary: 'said after it' })),
  ]
  const { sensor, taken, failures } = await startTakenOver(JSON.stringify(messages))
  await until('all was taken', () => taken[1] ?? null)
  expect(taken.map(({ summary }) => summary)).toEqual(['sound', 'said after it'])
  expect({ failures, restarts: sensor.restarts }).toEqual({ failures: [], restarts: 0 })
})

it('is killed and started anew by what is no message, and nothing of what it says after is taken', async () => {
  const messages = [batch(detection({ summary: 'sound' })), 7, batch(detection())]
  const { sensor, taken, failures } = await startTakenOver(JSON.stringify(messages))
  await until('it failed', () => failures[0] ?? null)
  expect(taken.map(({ summary }) => summary)).toEqual(['sound'])
  expect(failures[0]).toBe('the sensor said what none says: 7 is no message')
  await until('another was started', () => failures[1] ?? null)
  expect(sensor.restarts).toBeGreaterThan(1)
})

it.each([
  ['no object', '[7]'],
  ['a message of no kind', '[{ kind: "toString" }]'],
  ['detections that are none', '[{ kind: "batch", flows: null, detections: null }]'],
  ['flows that are none', '[{ kind: "batch", flows: { length: 1e9 }, detections: [] }]'],
  ['a report without its parts', '[{ kind: "report", report: { frames: 1 } }]'],
])('does not take the agent with it by %s', async (_, messages) => {
  const { failures } = await startTakenOver(messages)
  await until('it failed', () => failures[0] ?? null)
  expect(failures[0]).toMatch(/^the sensor said what none says: /)
})
