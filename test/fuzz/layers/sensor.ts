/**
 * Runs of damaged frames through the whole sensor, and through two flow tables whose frames lie between different
 * bytes: whatever reads payloads shows in the flows.
 */
import { setTimeout as waitMs } from 'node:timers/promises'
import { validateConfig } from '../../../src/config/index.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import { Decoder, Packet } from '../../../src/decode/index.ts'
import { loadShippedModels } from '../../../src/detect/models/index.ts'
import { FlowTable, type LiveFlow } from '../../../src/flow/index.ts'
import { FlowBatchWriter } from '../../../src/flow/batch/index.ts'
import { createSensor, type FlowKeeper, type Sensor } from '../../../src/sensor/sensor.ts'
import { Violation, type Layer, type Random } from '../layer.ts'
import { mutatedRun } from '../mutate.ts'
import { PoisonedBuffer } from '../poisoned.ts'
import type { SeedCapture, SeedFrame } from '../seeds.ts'

/** Small, so that the tables are full and evict. */
const MOST_FLOWS = 1024
/** What a sensor that has seen everything may hold: its flow table is a fraction of a megabyte here. */
const MOST_MEGABYTES = 256
const WEIGHED_ONE_IN = 20
const START_US = 1_700_000_000_000_000

const config = validateConfig({ flow: { maxFlows: MOST_FLOWS } }, 'fuzz')
const models = loadShippedModels(silentLog, config.detect.randomForest.model)

/** Makes the layer; one sensor lives through all rounds and is weighed. */
export function sensorLayer(seeds: readonly SeedCapture[]): Layer {
  const old = newSensor()
  let atRest = 0
  let rounds = 0
  let lastUs = START_US
  let heaviest = 0
  const weigh = async (): Promise<void> => {
    heaviest = Math.max(heaviest, (await megabytes()) - atRest)
    if (heaviest > MOST_MEGABYTES) throw new Violation(`the sensor grew by ${heaviest} MB`)
  }
  return {
    name: 'sensor',
    async round(random) {
      const run = [...anyRun(seeds, random)]
      playThrough(newSensor(), run)
      lastUs = playInto(old, movedTo(lastUs, run))
      expectSameFlows(run)
      rounds += 1
      if (rounds === 1) atRest = await megabytes()
      if (rounds % WEIGHED_ONE_IN === 0) await weigh()
      return run.length
    },
    async figures() {
      await weigh()
      const { liveFlows, evictedFlows, forgotten } = old.statistics()
      return `grew by at most ${heaviest} MB; ${liveFlows} live flows, ${evictedFlows} evicted, ${forgotten} entries forgotten`
    },
  }
}

function anyRun(seeds: readonly SeedCapture[], random: Random): Generator<SeedFrame, void, void> {
  const { frames } = seeds[random(seeds.length)]!
  const other = seeds[random(seeds.length)]!.frames
  const from = random(2) === 0 ? 0 : random(frames.length)
  return mutatedRun(frames.slice(from, from + 1 + random(800)), other, random)
}

function newSensor(): Sensor {
  return createSensor({
    flow: config.flow,
    detect: config.detect,
    models,
    seed: 1,
    flows: batches(),
    flowsPerStory: 1000,
    onDetection: ({ summary, confidence, severity }) => {
      const isSound = confidence >= 0 && confidence <= 1 && severity >= 0 && severity <= 10
      if (!isSound || /NaN|undefined|Infinity/.test(summary)) {
        throw new Violation(`unsound: ${summary} (${confidence}, ${severity})`)
      }
    },
    onModelLearned: () => undefined,
  })
}

/** Writes flows as they leave the sensor, into batches that nobody takes. */
function batches(): FlowKeeper {
  const writer = new FlowBatchWriter('fuzz', 64)
  return {
    add(flow, reason, scores) {
      writer.add(flow, reason, scores)
      if (writer.isFull) writer.take()
    },
  }
}

/** Lets a run begin where the one before has ended: captures are years apart, and every flow would end. */
function movedTo(startUs: number, run: readonly SeedFrame[]): SeedFrame[] {
  const firstUs = run[0]?.timestampUs ?? 0
  return run.map((frame) => {
    return { ...frame, timestampUs: startUs + ((frame.timestampUs - firstUs) % 1e6) }
  })
}

/** Returns the last frame's time. */
function playInto(sensor: Sensor, run: readonly SeedFrame[]): number {
  const buffer = new PoisonedBuffer(0x55)
  for (const frame of run) sensor.frame(buffer.lay(frame))
  const { liveFlows } = sensor.statistics()
  if (liveFlows > MOST_FLOWS) throw new Violation(`${liveFlows} live flows`)
  return run.at(-1)?.timestampUs ?? 0
}

function playThrough(sensor: Sensor, run: readonly SeedFrame[]): void {
  playInto(sensor, run)
  sensor.end()
  const { liveFlows, openedFlows, endedFlows } = sensor.statistics()
  if (liveFlows !== 0 || openedFlows !== endedFlows) {
    throw new Violation(`${openedFlows} flows opened, ${endedFlows} ended, ${liveFlows} left`)
  }
}

function expectSameFlows(run: readonly SeedFrame[]): void {
  const one = flowsOf(run, 0x00)
  const other = flowsOf(run, 0xff)
  const index = one.findIndex((flow, at) => flow !== other[at])
  if (index >= 0 || one.length !== other.length) {
    throw new Violation(`read outside of a frame:\n  ${one[index]}\n  ${other[index]}`)
  }
}

function flowsOf(run: readonly SeedFrame[], poison: number): string[] {
  const flows: string[] = []
  const keep = (flow: LiveFlow): void => void flows.push(readAll(flow))
  const table = new FlowTable(
    config.flow,
    { flowOpened: () => undefined, flowAnswered: () => undefined, flowEnded: keep },
    { hashSeed: 1 },
  )
  const buffer = new PoisonedBuffer(poison)
  const decoder = new Decoder()
  const packet = new Packet()
  for (const frame of run) {
    decoder.decode(buffer.lay(frame), packet)
    table.fold(packet)
  }
  table.end()
  return flows
}

/** Reads everything that a cursor can tell, whatever stages come to add. */
function readAll(flow: LiveFlow): string {
  const getters = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(flow) as object)
  const told: unknown[] = [flow.originatorAddress(), flow.responderAddress(), flow.communityId()]
  for (const [name, { get }] of Object.entries(getters)) {
    if (get === undefined) continue
    const value: unknown = get.call(flow)
    if (Number.isNaN(value)) throw new Violation(`${name} of a flow is NaN`)
    told.push(`${name}=${JSON.stringify(value)}`)
  }
  return told.join(' ')
}

/** Array buffers are freed in the background: the second collection finds those of the first gone. */
async function megabytes(): Promise<number> {
  globalThis.gc?.()
  await waitMs(20)
  globalThis.gc?.()
  await waitMs(20)
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return Math.round((heapUsed + arrayBuffers) / 2 ** 20)
}
