/** A model in force: a compiled forest with its threshold and what is usual. */
import type { FlatForest } from './flat-forest.ts'

interface ModelFacts {
  readonly forest: FlatForest
  /** Scores at or above it speak. */
  readonly threshold: number
  /** The median of each feature over ordinary flows, as stored in the vector. */
  readonly baseline: Float64Array
  /** How it came about, for people: seed, rows, figures. */
  readonly training: Readonly<Record<string, string | number>>
}

export interface IsolationForestModel extends ModelFacts {
  readonly kind: 'isolation-forest'
  /** Path length that stands for a score of one half. */
  readonly normalPathLength: number
  /** Scores at or above it are strong: far beyond the whole baseline. */
  readonly strongThreshold: number
  /** When it was grown, µs since the epoch by the packets' clock. */
  readonly learnedAtUs: number
  /** 1 for the first model of a host; each that replaces one counts on. */
  readonly version: number
  /** What later models are held against. */
  readonly reference: Reference
}

/** Frozen when a host is first learned, and handed on from model to model. */
export interface Reference {
  /** Rows of the first baseline. */
  readonly ordinary: readonly Float64Array[]
  /** Vectors of known attacks. */
  readonly attacks: readonly Float64Array[]
  /** How many of them the first model set apart from the ordinary rows. */
  readonly attacksApart: number
}

/** Of a model made before there was one. */
export const NO_REFERENCE: Reference = { ordinary: [], attacks: [], attacksApart: 0 }

export interface RandomForestModel extends ModelFacts {
  readonly kind: 'random-forest'
  /** Turns a share of votes into the chance of an attack; null in models that were not calibrated. */
  readonly calibration: Calibration | null
}

/** Of a logistic curve, fitted to scores of flows the forest never saw. */
export interface Calibration {
  readonly slope: number
  readonly intercept: number
}

/** The chance that flows of this share of votes are an attack, 0–1; the share itself without calibration. */
export function calibrated(model: RandomForestModel, share: number): number {
  if (model.calibration === null) return share
  const { slope, intercept } = model.calibration
  return 1 / (1 + Math.exp(-(slope * share + intercept)))
}

export type Model = IsolationForestModel | RandomForestModel

/** The median of each column of the rows; zeros when there are none. */
export function columnMedians(rows: readonly Float64Array[], columns: number): Float64Array {
  const values = new Float64Array(rows.length)
  return new Float64Array(columns).map((_, column) => {
    for (let index = 0; index < rows.length; index += 1) values[index] = rows[index]![column]!
    return values.sort()[values.length >>> 1] ?? 0
  })
}

/** The value below which the share `q` of the sorted values lies; 0 when there are none. */
export function quantile(sorted: Float64Array, q: number): number {
  if (sorted.length === 0) return 0
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!
}
