/** What is being learned of a host, over restarts and in hostile files. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { defaultsOf } from '../../../../../src/config/defaults.ts'
import { PicketError } from '../../../../../src/core/errors.ts'
import { silentLog } from '../../../../../src/core/log/log.ts'
import {
  isolationForestConfig,
  type IsolationForestConfig,
} from '../../../../../src/detect/models/config.ts'
import {
  formatModel,
  loadStoredModels,
  parseModel,
  seededRandom,
  storeModel,
  storeSample,
  type IsolationForestModel,
} from '../../../../../src/detect/models/index.ts'
import { HostModel } from '../../../../../src/detect/models/learning/host-model.ts'
import {
  formatSample,
  parseSample,
  type LearningSample,
} from '../../../../../src/detect/models/learning/learning-sample.ts'
import { FEATURE_COUNT } from '../../../../../src/feature/index.ts'

const START_US = 1_700_000_000_000_000
const MINUTE_US = 60e6
const DAY_US = 86_400e6

const config = {
  ...defaultsOf(isolationForestConfig),
  minimumFlows: 600,
  minimumMinutes: 60,
  baselineFlows: 400,
} as IsolationForestConfig

const random = seededRandom(5)
const usual = (): Float64Array => Float64Array.from({ length: FEATURE_COUNT }, () => 2 + random())

/** Offers so many flows, evenly over so many minutes. */
function pass(host: HostModel, flows: number, fromUs: number, minutes: number): void {
  for (let index = 0; index < flows; index += 1) {
    const timeUs = fromUs + (index * minutes * MINUTE_US) / Math.max(1, flows - 1)
    host.offer(usual(), timeUs, host.model === null ? null : 0)
  }
}

/** The host after a restart: what it had gathered has been written and read. */
function restarted(host: HostModel, changes: Partial<IsolationForestConfig> = {}): HostModel {
  const sample = parseSample(formatSample(host.sample()!), 'the sample')
  return new HostModel({ ...config, ...changes }, 2, host.model, sample)
}

describe('learning over a restart', () => {
  it('goes on where it was, and does not count the time in between', () => {
    const before = new HostModel(config, 1, null)
    pass(before, 300, START_US, 30)
    const after = restarted(before)
    expect(after.state()).toMatchObject({ state: 'learning', progress: 0.5 })
    pass(after, 300, START_US + 5 * DAY_US, 15)
    after.tick(START_US + 5 * DAY_US + 15 * MINUTE_US)
    expect(after.state()).toMatchObject({ state: 'learning', progress: 0.75 })
    pass(after, 300, START_US + 5 * DAY_US + 15 * MINUTE_US, 15)
    after.tick(START_US + 5 * DAY_US + 30 * MINUTE_US)
    expect(after.state()).toMatchObject({ state: 'scoring', version: 1 })
    expect(after.model!.training['rows']).toBe(config.baselineFlows)
  })

  it('lets a host that is restarted every few hours be learned anew when its day is over', () => {
    let host = new HostModel(config, 1, null)
    pass(host, 700, START_US, 61)
    host.tick(START_US + 61 * MINUTE_US)
    expect(host.state().version).toBe(1)
    for (let run = 1; run <= 9; run += 1) {
      const fromUs = START_US + run * 3 * 60 * MINUTE_US
      pass(host, 100, fromUs, 60)
      host.tick(fromUs + 60 * MINUTE_US)
      if (run < 9) host = restarted(host)
    }
    expect(host.state().version).toBe(2)
  })

  it('begins anew where another model is in force by now', () => {
    const before = new HostModel(config, 1, null)
    pass(before, 700, START_US, 61)
    before.tick(START_US + 61 * MINUTE_US)
    pass(before, 50, START_US + 62 * MINUTE_US, 10)
    const sample = parseSample(formatSample(before.sample()!), 'the sample')
    expect(sample).toMatchObject({ modelVersion: 1, seen: 50 })
    const withdrawn = new HostModel(config, 2, null, sample)
    expect(withdrawn.state()).toMatchObject({ state: 'learning', progress: 0 })
    expect(withdrawn.sample()).toBeNull()
  })

  it.each([100, 1000])('keeps only flows that were seen where the room is %i now', (room) => {
    const before = new HostModel(config, 1, null)
    pass(before, 3000, START_US, 30)
    const after = restarted(before, { baselineFlows: room })
    pass(after, 700, START_US + DAY_US, 40)
    const { rows, seen } = after.sample()!
    expect(rows.length / FEATURE_COUNT).toBe(Math.min(room, seen))
    expect(rows.every((value) => value >= 2 && value < 3)).toBe(true)
  })
})

const sample: LearningSample = {
  modelVersion: 0,
  sinceUs: START_US,
  seen: 2,
  minutes: 1.5,
  rows: new Float32Array(2 * FEATURE_COUNT).fill(0.5),
}

test('a file gives back what was written', () => {
  expect(parseSample(formatSample(sample), 'f')).toEqual(sample)
})

const notFinite = Buffer.from(new Float32Array(FEATURE_COUNT).fill(NaN).buffer).toString('base64')

test.each<[string, Record<string, unknown>, RegExp]>([
  ['another format', { format: 'picket-model' }, /format is not picket-learning-sample/],
  ['another list of features', { features: ['x'] }, /another list of features/],
  ['flows that are no number', { seen: '9' }, /seen is not a number/],
  ['fewer flows than rows', { seen: 1 }, /seen is less than its rows/],
  ['a time before all times', { minutes: -1 }, /minutes is not a number from 0/],
  ['a version that is none', { modelVersion: 1e300 }, /modelVersion is not a number/],
  ['a beginning that is none', { sinceUs: 'now' }, /sinceUs is not a number/],
  ['rows that are no text', { rows: [1, 2] }, /rows is not base64/],
  ['rows that are no base64', { rows: '§§§§' }, /rows is not base64/],
  ['half a row', { rows: 'AAAA' }, /rows of \d+ bytes/],
  ['a number that is none', { rows: notFinite }, /not finite/],
])('a file with %s is refused, and says why', (_, change, words) => {
  const text = JSON.stringify({ ...(JSON.parse(formatSample(sample)) as object), ...change })
  expect(() => parseSample(text, 'f')).toThrow(words)
  expect(() => parseSample(text, 'f')).toThrow(PicketError)
})

describe('the data folder', () => {
  let directory: string
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'picket-sample-'))))
  afterEach(() => rmSync(directory, { recursive: true, force: true }))
  const loaded = (name: string) => loadStoredModels(directory, name, silentLog).learningSample

  it('keeps the sample of each interface, whatever its name', () => {
    for (const name of ['eth0', '../eth0', 'eth0.7@x']) {
      expect(loaded(name)).toBeNull()
      storeSample(directory, name, formatSample(sample), silentLog)
      expect(loaded(name)).toBe(formatSample(sample))
    }
  })

  it('gives up what cannot be read, and what is no sample is never stored', () => {
    storeSample(directory, 'eth0', 'no sample', silentLog)
    expect(loaded('eth0')).toBeNull()
    storeSample(directory, 'eth0', formatSample(sample), silentLog)
    const [file] = readdirSync(join(directory, 'models'))
    writeFileSync(join(directory, 'models', file!), formatSample(sample).slice(0, 300))
    expect(loaded('eth0')).toBeNull()
    expect(readdirSync(join(directory, 'models'))).toEqual([])
  })

  it('forgets the sample with the model that was learned from it', () => {
    const host = new HostModel(config, 1, null)
    pass(host, 700, START_US, 61)
    const model = host.tick(START_US + 61 * MINUTE_US) as IsolationForestModel
    storeSample(directory, 'eth0', formatSample(sample), silentLog)
    storeModel(directory, 'eth0', formatModel(model), silentLog)
    expect(loaded('eth0')).toBeNull()
    const { isolationForest } = loadStoredModels(directory, 'eth0', silentLog)
    expect(parseModel(isolationForest!, 'stored').kind).toBe('isolation-forest')
  })
})
