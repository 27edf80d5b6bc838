/** From captures to a model and on to its scores: the stages of `picket train`, on made-up traffic. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog } from '../../src/core/log/log.ts'
import { formatModel, loadShippedModels } from '../../src/detect/models/index.ts'
import { trainRandomForest, type TrainingProgress } from '../../src/train/index.ts'
import { writeLabelledCaptures } from '../support/captures/labelled-captures.ts'
import { detectionsIn as detectionsInCapture } from '../support/captures/scored-capture.ts'

const SMALL = { trees: 20, bagRows: 120, folds: 2, seed: 5 }
let directory = ''
let truthFile = ''

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'picket-train-'))
  truthFile = writeLabelledCaptures(directory)
})
afterAll(() => {
  rmSync(directory, { recursive: true })
})

const detectionsIn = (file: string, randomForest: string | null) =>
  detectionsInCapture(join(directory, file), randomForest)

describe('training', () => {
  it('makes a model that finds the scanner, leaves the browser alone and beats chance by far', async () => {
    const stages = new Set<string>()
    const onProgress = ({ stage, done, total }: TrainingProgress): void => {
      stages.add(stage)
      expect(done).toBeLessThanOrEqual(total)
    }
    const { model, evaluation } = await trainRandomForest({ ...SMALL, truthFile, capturesDir: directory, onProgress }) // prettier-ignore
    expect([...stages]).toEqual(['reading', 'validating', 'growing'])
    expect(evaluation).toMatchObject({ captures: 6, attackFlows: 360, benignFlows: 180, folds: 2 })
    expect(evaluation.byCapture.rocAuc).toBeGreaterThan(0.95)
    expect(evaluation.falsePerThousand).toBeLessThanOrEqual(2)
    expect(evaluation.trivialRival.byFlow.rocAuc).toBeGreaterThan(0)

    const found = await detectionsIn('scan-1.pcap', formatModel(model))
    expect(found.at(-1)).toMatchObject({
      kind: 'anomaly.attack-like', attacker: '192.0.2.1', victims: ['10.0.1.5'], isFinal: true,
    }) // prettier-ignore
    expect(await detectionsIn('browsing-1.pcap', formatModel(model))).toEqual([])
  })

  it('gives the same model for the same seed, on one thread or on two, and another for another', async () => {
    const train = async (changes: object): Promise<string> => {
      const options = { ...SMALL, truthFile, capturesDir: directory, ...changes }
      return formatModel((await trainRandomForest(options)).model)
    }
    const first = await train({ threads: 0 })
    expect(await train({ threads: 2 })).toBe(first)
    expect(await train({ threads: 0, seed: 6 })).not.toBe(first)
  })

  it('learns from a table of flows as well, and is measured on captures alone', async () => {
    const table = join(directory, 'table.csv')
    const rows = Array.from({ length: 50 }, (_, at) => `${at % 2},${at * 10},${1 + (at % 7)},1`)
    writeFileSync(table, `label,duration,originatorPackets,isTcp\n${rows.join('\n')}\n`)
    const options = { ...SMALL, truthFile, capturesDir: directory, threads: 0 }
    const { model, evaluation } = await trainRandomForest({ ...options, flowTables: [table] })
    expect(model.training).toMatchObject({ tableFlows: 50, captures: 6, attackFlows: 360 })
    expect(evaluation).toMatchObject({ captures: 6, attackFlows: 360, benignFlows: 180 })
    expect(formatModel(model)).not.toBe(formatModel((await trainRandomForest(options)).model))
  })

  it.each<[string, object, RegExp]>([
    ['more folds than independent captures', { folds: 5 }, /5 folds need 5/],
    ['a bag too large for the package', { bagRows: 5000 }, /bagRows is 5000/],
    ['half a tree', { trees: 2.5 }, /trees is 2.5/],
    ['a folder without the captures', { capturesDir: '/nowhere' }, /captures are missing/],
  ])('refuses %s with a hint', async (_words, changes, message) => {
    const options = { ...SMALL, truthFile, capturesDir: directory, ...changes }
    await expect(trainRandomForest(options)).rejects.toMatchObject({
      code: 'ERR_TRAIN_INPUT',
      message: expect.stringMatching(message) as unknown,
      hint: expect.any(String) as unknown,
    })
  })
})

describe('the shipped random forest', () => {
  it('fits this version, finds a scan it never saw and leaves browsing alone', async () => {
    const { randomForest } = loadShippedModels(silentLog)
    expect(randomForest).not.toBeNull()
    const found = await detectionsIn('scan-2.pcap', randomForest)
    expect(found.at(-1)).toMatchObject({ attacker: '192.0.2.2', detector: 'random-forest' })
    for (const lab of [1, 2, 3]) {
      expect(await detectionsIn(`browsing-${lab}.pcap`, randomForest)).toEqual([])
    }
  })
})
