/** The models before the one in force: kept, listed, gone back to. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLog } from '../../../../../src/core/log/log.ts'
import {
  formatModel,
  growIsolationForest,
  loadStoredModels,
  parseModel,
  rollBackModel,
  withdrawModel,
  storedVersions,
  storeModel,
} from '../../../../../src/detect/models/index.ts'
import { FEATURE_COUNT } from '../../../../../src/feature/index.ts'
import { labelledRows } from '../../../../support/detection/forest-rows.ts'
import { run } from '../../../../support/memory-terminal.ts'

const grown = growIsolationForest(labelledRows(60, 1).rows, { trees: 3, seed: 1 })

function modelText(version: number): string {
  return formatModel({
    kind: 'isolation-forest',
    forest: grown.forest,
    normalPathLength: grown.normalPathLength,
    threshold: 0.6,
    strongThreshold: 0.7,
    baseline: new Float64Array(FEATURE_COUNT),
    learnedAtUs: 1.7e15 + version,
    version,
    reference: { ordinary: [], attacks: [], attacksApart: 0 },
    training: { rows: 60 },
  })
}

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'picket-versions-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

const store = (version: number, name = 'eth0'): void =>
  storeModel(directory, name, modelText(version), silentLog)

function versionInForce(name = 'eth0'): number {
  const { isolationForest } = loadStoredModels(directory, name, silentLog)
  const model = parseModel(isolationForest!, 'stored')
  return model.kind === 'isolation-forest' ? model.version : 0
}

describe('the versions of a model', () => {
  it('are kept, the last five before the one in force, apart for each interface', () => {
    for (let version = 1; version <= 8; version += 1) store(version)
    store(1, 'eth0.7')
    const listed = storedVersions(directory)
    const of = (name: string) =>
      listed.filter((one) => one.interface === name).map(({ model }) => model?.version)
    expect(of('eth0')).toEqual([8, 7, 6, 5, 4, 3])
    expect(of('eth0.7')).toEqual([1])
    expect(listed.filter(({ isInForce }) => isInForce)).toHaveLength(2)
  })

  it('can be gone back to, one by one, and the withdrawn one is kept', () => {
    for (const version of [1, 2, 3]) store(version)
    expect(rollBackModel(directory, 'eth0').version).toBe(2)
    expect(versionInForce()).toBe(2)
    expect(readdirSync(join(directory, 'models'))).toContain('isolation-forest-eth0.json.withdrawn')
    expect(rollBackModel(directory, 'eth0').version).toBe(1)
    expect(() => rollBackModel(directory, 'eth0')).toThrow(/no earlier model of eth0/)
    expect(versionInForce()).toBe(1)
  })

  it('are gone back to in the order of their time, though a host learned anew counts from 1', () => {
    for (const version of [1, 2, 3]) store(version)
    withdrawModel(directory, 'eth0')
    for (const version of [1, 2]) store(version)
    expect(rollBackModel(directory, 'eth0').version).toBe(1)
    expect(rollBackModel(directory, 'eth0').version).toBe(2)
    expect(rollBackModel(directory, 'eth0').version).toBe(1)
  })

  it('speak again when the one in force cannot be read', () => {
    for (const version of [1, 2, 3]) store(version)
    writeFileSync(join(directory, 'models/isolation-forest-eth0.json'), '{')
    expect(versionInForce()).toBe(2)
    expect(versionInForce()).toBe(2)
    expect(readdirSync(join(directory, 'models'))).toContain('isolation-forest-eth0.json.unusable')
  })

  it('that cannot be read are passed over', () => {
    for (const version of [1, 2, 3]) store(version)
    writeFileSync(join(directory, 'models/isolation-forest-eth0@2.json'), '{')
    expect(storedVersions(directory)[1]).toMatchObject({ model: null, isInForce: false })
    expect(rollBackModel(directory, 'eth0').version).toBe(1)
  })
})

describe('picket models', () => {
  const picket = (...argv: string[]) => run(...argv, '--data-dir', directory)

  it('shows what is in force and kept, goes back, and begins anew', async () => {
    for (const version of [1, 2]) store(version)
    const listed = await picket('models', 'status', '--json')
    expect(listed.json).toMatchObject([
      { interface: 'eth0', version: 2, isInForce: true },
      { interface: 'eth0', version: 1, isInForce: false },
      { detector: 'isolation-forest', judged: null },
      { detector: 'random-forest', judged: null },
    ])
    expect((await picket('models', 'rollback')).out).toMatch(/model 1 of eth0 .* restart the agent/)
    expect(versionInForce()).toBe(1)
    expect((await picket('models', 'train')).out).toMatch(/the model of eth0 was set aside/)
    expect(loadStoredModels(directory, 'eth0', silentLog).isolationForest).toBeNull()
  })

  it('says what is missing, and asks which interface is meant', async () => {
    const nothing = await picket('models', 'rollback')
    expect(nothing).toMatchObject({ exitCode: 2, out: '' })
    expect(nothing.err).toMatch(/no interface has taught a model yet/)
    store(1)
    store(1, 'eth1')
    expect((await picket('models', 'train')).err).toMatch(/name one with --interface: eth0, eth1/)
    const none = await picket('models', 'rollback', '--interface', 'eth1')
    expect(none.exitCode).toBe(1)
    expect(none.err).toMatch(/no earlier model of eth1/)
  })
})
