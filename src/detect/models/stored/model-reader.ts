/** Checks the fields of a model file one by one and builds the model from them. */
import { FEATURE_COUNT } from '../../../feature/index.ts'
import type { FlatForest } from '../flat-forest.ts'
import { NO_REFERENCE, type Calibration, type Model, type Reference } from '../model.ts'

/** What is wrong with the file, in words that follow "is not a usable model:". */
export class Refusal extends Error {}

type Fields = Readonly<Record<string, unknown>>

const MAXIMUM_TREES = 10_000
const MAXIMUM_NODES = 4_000_000
/** A deeper tree is no product of training; it would only make scoring slow. */
const MAXIMUM_DEPTH = 64
const MAXIMUM_FACTS = 64
const MAXIMUM_REFERENCE_ROWS = 1024

/** Reads the fields of a model whose versions fit. Errors: throws `Refusal`. */
export function readModel(fields: Fields): Model {
  const facts = {
    forest: readForest(fields['forest']),
    threshold: readNumber(fields, 'threshold', 0, 1),
    baseline: Float64Array.from(readNumbers(fields, 'baseline', FEATURE_COUNT, FEATURE_COUNT)),
    training: readTraining(fields['training']),
  }
  switch (fields['kind']) {
    case 'random-forest':
      if (facts.forest.value.some((vote) => vote < 0 || vote > 1)) {
        throw new Refusal('forest.value holds a vote outside 0 to 1')
      }
      return { kind: 'random-forest', ...facts, calibration: readCalibration(fields) }
    case 'isolation-forest':
      if (facts.forest.value.some((length) => length < 0)) {
        throw new Refusal('forest.value holds a negative path length')
      }
      return {
        kind: 'isolation-forest',
        ...facts,
        normalPathLength: readNumber(fields, 'normalPathLength', 1e-3, 1e3),
        strongThreshold: readNumber(fields, 'strongThreshold', 0, 1),
        learnedAtUs: readNumber(fields, 'learnedAtUs', 0, Number.MAX_SAFE_INTEGER),
        version: fields['version'] === undefined ? 1 : readNumber(fields, 'version', 1, 1e9),
        reference: readReference(fields),
      }
    default:
      throw new Refusal('its kind is neither isolation-forest nor random-forest')
  }
}

/** Absent from models made before there was one. */
function readReference(fields: Fields): Reference {
  const value = fields['reference'] ?? null
  if (value === null) return NO_REFERENCE
  if (typeof value !== 'object') throw new Refusal('reference is not an object')
  const held = value as Fields
  const attacks = readRows(held, 'attacks')
  const attacksApart = readNumber(held, 'attacksApart', 0, attacks.length)
  return { ordinary: readRows(held, 'ordinary'), attacks, attacksApart }
}

function readRows(fields: Fields, name: string): Float64Array[] {
  const value = fields[name]
  if (!Array.isArray(value) || value.length > MAXIMUM_REFERENCE_ROWS) {
    throw new Refusal(`reference.${name} is not a list of at most ${MAXIMUM_REFERENCE_ROWS} rows`)
  }
  return value.map((row: unknown) => {
    return Float64Array.from(readNumbers({ [name]: row }, name, FEATURE_COUNT, FEATURE_COUNT))
  })
}

/** As above. */
function readCalibration(fields: Fields): Calibration | null {
  const value = fields['calibration'] ?? null
  if (value === null) return null
  if (typeof value !== 'object') throw new Refusal('calibration is not an object')
  // A curve that falls would make the surest flows the least likely.
  const slope = readNumber(value as Fields, 'slope', 0, 1000)
  return { slope, intercept: readNumber(value as Fields, 'intercept', -1000, 1000) }
}

function readForest(value: unknown): FlatForest {
  if (typeof value !== 'object' || value === null) throw new Refusal('forest is missing')
  const fields = value as Fields
  const roots = readNumbers(fields, 'roots', 1, MAXIMUM_TREES)
  const feature = readNumbers(fields, 'feature', 1, MAXIMUM_NODES)
  const nodes = feature.length
  const forest = {
    roots: Int32Array.from(integersBelow(roots, 'roots', 0, nodes)),
    feature: Int16Array.from(integersBelow(feature, 'feature', -1, FEATURE_COUNT)),
    threshold: Float64Array.from(readNumbers(fields, 'threshold', nodes, nodes)),
    right: Int32Array.from(
      integersBelow(readNumbers(fields, 'right', nodes, nodes), 'right', 0, nodes),
    ),
    value: Float64Array.from(readNumbers(fields, 'value', nodes, nodes)),
  }
  checkTrees(forest)
  return forest
}

/** Children lie behind their parent and inside its tree: every path ends, and soon. */
function checkTrees(forest: FlatForest): void {
  const { roots, feature, right } = forest
  const depth = new Uint8Array(feature.length)
  for (let tree = 0; tree < roots.length; tree += 1) {
    const root = roots[tree]!
    const end = roots[tree + 1] ?? feature.length
    if (tree === 0 ? root !== 0 : end <= root) throw new Refusal('forest.roots is out of order')
    for (let node = root; node < end; node += 1) {
      if (feature[node]! < 0) continue
      const child = right[node]!
      if (child <= node + 1 || child >= end) {
        throw new Refusal(`forest.right[${node}] does not point forward inside its tree`)
      }
      const below = depth[node]! + 1
      if (below > MAXIMUM_DEPTH) throw new Refusal(`a tree is deeper than ${MAXIMUM_DEPTH}`)
      depth[node + 1] = Math.max(depth[node + 1]!, below)
      depth[child] = Math.max(depth[child]!, below)
    }
  }
}

function readNumbers(fields: Fields, name: string, least: number, most: number): number[] {
  const value = fields[name]
  if (!Array.isArray(value) || value.length < least || value.length > most) {
    throw new Refusal(
      `${name} is not a list of ${least === most ? least : `${least} to ${most}`} numbers`,
    )
  }
  const wrong = value.findIndex((item) => typeof item !== 'number' || !Number.isFinite(item))
  if (wrong >= 0) throw new Refusal(`${name}[${wrong}] is not a finite number`)
  return value as number[]
}

function integersBelow(values: number[], name: string, least: number, end: number): number[] {
  const wrong = values.findIndex(
    (value) => !Number.isInteger(value) || value < least || value >= end,
  )
  if (wrong >= 0) throw new Refusal(`forest.${name}[${wrong}] is ${values[wrong]}, out of range`)
  return values
}

function readNumber(fields: Fields, name: string, least: number, most: number): number {
  const value = fields[name]
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw new Refusal(`${name} is not a number from ${least} to ${most}`)
  }
  return value
}

function readTraining(value: unknown): Record<string, string | number> {
  if (typeof value !== 'object' || value === null) throw new Refusal('training is missing')
  const entries = Object.entries(value)
  const isSound = entries.every(
    ([, fact]) => Number.isFinite(fact) || (typeof fact === 'string' && fact.length <= 1000),
  )
  if (entries.length > MAXIMUM_FACTS || !isSound)
    throw new Refusal('training holds more than facts')
  return Object.fromEntries(entries)
}
