import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PicketError } from '../../../../../src/core/errors.ts'
import { silentLog } from '../../../../../src/core/log/log.ts'
import {
  formatModel,
  growIsolationForest,
  loadStoredModels,
  parseModel,
  readModelFile,
  storeModel,
  type IsolationForestModel,
  type RandomForestModel,
} from '../../../../../src/detect/models/index.ts'
import { growRandomForest } from '../../../../../src/train/growing/random-forest.ts'
import { FEATURE_COUNT } from '../../../../../src/feature/index.ts'
import { labelledRows } from '../../../../support/detection/forest-rows.ts'

const training = labelledRows(120, 1)
const baseline = new Float64Array(FEATURE_COUNT).fill(1)
const columns = [...baseline.keys()]

const randomForest: RandomForestModel = {
  kind: 'random-forest',
  forest: growRandomForest(training, { trees: 4, seed: 1, featureShare: 0.5, columns }).forest,
  threshold: 0.8,
  baseline,
  calibration: { slope: 9.5, intercept: -4 },
  training: { seed: 1, note: 'made up' },
}
const grown = growIsolationForest(training.rows, { trees: 10, seed: 1 })
const isolationForest: IsolationForestModel = {
  kind: 'isolation-forest',
  forest: grown.forest,
  normalPathLength: grown.normalPathLength,
  threshold: 0.6,
  strongThreshold: 0.7,
  baseline,
  learnedAtUs: 1.7e15,
  version: 3,
  reference: {
    ordinary: training.rows.slice(0, 4),
    attacks: training.rows.slice(4, 6),
    attacksApart: 2,
  },
  training: { seed: 1 },
}

type Json = Record<string, unknown> & { forest: Record<string, number[]> }

function changed(change: (json: Json) => void): string {
  const json = JSON.parse(formatModel(randomForest)) as Json
  change(json)
  return JSON.stringify(json)
}

function refusal(text: string): PicketError {
  try {
    parseModel(text, 'the model')
  } catch (error) {
    if (error instanceof PicketError) return error
    throw error
  }
  throw new Error('the model was accepted')
}

describe('a model file', () => {
  it.each([randomForest, isolationForest])('comes back from its text exactly: $kind', (model) => {
    expect(parseModel(formatModel(model), 'x')).toEqual(model)
  })

  it.each<[string, (json: Json) => void, RegExp]>([
    ['a child that points back at its parent', (j) => (j.forest['right']![0] = 0), /right\[0\]/],
    ['a child outside its tree', (j) => (j.forest['right']![0] = j.forest['roots']![1]!), /right\[0\]/],
    ['a child beyond the end', (j) => (j.forest['right']![0] = 1e9), /out of range/],
    ['a feature that does not exist', (j) => (j.forest['feature']![0] = FEATURE_COUNT), /feature\[0\]/],
    ['a feature that is half a number', (j) => (j.forest['feature']![0] = 0.5), /feature\[0\]/],
    ['a threshold that is no number', (j) => (j.forest['threshold']![0] = null as never), /threshold\[0\]/],
    ['lists of different lengths', (j) => j.forest['value']!.pop(), /value/],
    ['a vote of 7', (j) => (j.forest['value']![0] = 7), /vote/],
    ['roots in disorder', (j) => j.forest['roots']!.reverse(), /roots/],
    ['a root past the end', (j) => j.forest['roots']!.push(1e9), /roots/],
    ['no trees', (j) => (j.forest['roots'] = []), /roots/],
    ['a last leaf turned into a split', (j) => (j.forest['feature']![j.forest['feature']!.length - 1] = 0), /right/],
    ['no forest', (j) => delete (j as Record<string, unknown>)['forest'], /forest is missing/],
    ['a threshold above 1', (j) => (j['threshold'] = 1.5), /threshold/],
    ['a short baseline', (j) => (j['baseline'] = [1]), /baseline/],
    ['another kind', (j) => (j['kind'] = 'oracle'), /kind/],
    ['a novel for training notes', (j) => (j['training'] = { note: 'x'.repeat(5000) }), /training/],
    ['another format', (j) => (j['format'] = 'onnx'), /format/],
  ])('is refused with %s', (_name, change, message) => {
    const error = refusal(changed(change))
    expect(error.code).toBe('ERR_MODEL_INVALID')
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(/train/)
  }) // prettier-ignore

  it.each(['', 'null', '[]', '"x"', '{', '{}', '\u0000\u0001'])(
    'is refused when it reads %j',
    (text) => {
      expect(refusal(text).code).toBe('ERR_MODEL_INVALID')
    },
  )

  it('is refused with a chain of nodes deeper than any training makes', () => {
    const depth = 100
    const nodes = Array.from({ length: depth }, (_, index) => index)
    const text = changed((json) => {
      const length = depth * 2 + 1
      json.forest = {
        roots: [0],
        feature: [...nodes.map(() => 0), ...nodes.map(() => -1), -1],
        threshold: new Array<number>(length).fill(0),
        right: [...nodes.map((at) => length - 1 - at), ...nodes.map(() => 0), 0],
        value: new Array<number>(length).fill(0),
      }
    })
    expect(refusal(text).message).toMatch(/deeper/)
  })

  it('is refused, as another version, when made for other features', () => {
    for (const change of [
      (json: Json) => (json['featureVersion'] = 99),
      (json: Json) => (json['formatVersion'] = 2),
      (json: Json) => (json['features'] = (json['features'] as string[]).toReversed()),
    ]) {
      expect(refusal(changed(change)).code).toBe('ERR_MODEL_VERSION')
    }
  })

  it('never crashes the reader, whatever byte of it is changed', () => {
    const text = formatModel(randomForest)
    for (let at = 0; at < text.length; at += 97) {
      for (const character of ['9', '-', ',', '"', '}']) {
        const damaged = text.slice(0, at) + character + text.slice(at + 1)
        try {
          parseModel(damaged, 'x')
        } catch (error) {
          expect(error).toBeInstanceOf(PicketError)
        }
      }
    }
  })
})

describe('the model folder', () => {
  let directory = ''
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'picket-models-'))
  })
  afterEach(() => {
    rmSync(directory, { recursive: true })
  })

  it('gives an interface back the model it has taught, whatever the interface is called', () => {
    for (const name of ['eth0', '../../etc/x', 'wlan 0']) {
      expect(loadStoredModels(directory, name, silentLog).isolationForest).toBeNull()
      storeModel(directory, name, formatModel(isolationForest), silentLog)
      const { isolationForest: text } = loadStoredModels(directory, name, silentLog)
      expect(parseModel(text!, name)).toEqual(isolationForest)
    }
    expect(readdirSync(join(directory, 'models'))).toHaveLength(3)
  })

  it('does not store what is no model', () => {
    storeModel(directory, 'eth0', '{"format":"picket-model"}', silentLog)
    expect(loadStoredModels(directory, 'eth0', silentLog).isolationForest).toBeNull()
  })

  it('sets a damaged learned model aside and learns anew', () => {
    storeModel(directory, 'eth0', formatModel(isolationForest), silentLog)
    const [file] = readdirSync(join(directory, 'models'))
    writeFileSync(join(directory, 'models', file!), '{"half')
    expect(loadStoredModels(directory, 'eth0', silentLog).isolationForest).toBeNull()
    expect(readdirSync(join(directory, 'models'))).toEqual([`${file}.unusable`])
  })

  it("says what is wrong with the user's own model file", () => {
    const path = join(directory, 'mine.json')
    const load = () => loadStoredModels(directory, 'eth0', silentLog, path)
    expect(load).toThrow(/cannot read the model file/)
    writeFileSync(path, formatModel(isolationForest))
    expect(load).toThrow(/not a random forest/)
    writeFileSync(path, formatModel(randomForest))
    expect(parseModel(load().randomForest!, path)).toEqual(randomForest)
    expect(readModelFile(path)).toEqual(randomForest)
  })
})
