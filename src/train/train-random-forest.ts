/** From labelled captures to the random forest and the figures it stands on. */
import { PicketError } from '../core/errors.ts'
import { columnMedians, type FlatForest, type RandomForestModel } from '../detect/models/index.ts'
import { FEATURE_COUNT, FEATURE_NAMES } from '../feature/index.ts'
import { drawBag } from './growing/bags.ts'
import {
  benignRows,
  dealFolds,
  evaluate,
  heldOutScores,
  type Evaluation,
  type HeldOutScores,
} from './cross-validate.ts'
import { captureRows, type CaptureRows } from './dataset.ts'
import { growForest } from './growing/grow-forest.ts'
import { calibrateThreshold, captureWeights, plattScaling, type Scored } from './metrics.ts'
import { filledIn } from './tables/fill-in.ts'
import { readFlowTable, type TablePart } from './tables/flow-table.ts'
import { readTruth, requireBothKinds } from './truth.ts'

const TREES_PER_BAG = 2
/** At most this share of held-out benign flows may reach the threshold. */
const FALSE_SHARE = 0.002
const LEAST_THRESHOLD = 0.6
/**
 * `handshakeRtt` tells the distance of a laboratory from the internet. What others do to the responder would
 * accuse the honest client of a server under attack, and name a host where a flood's sources are forged.
 */
const LEFT_OUT_FEATURES = ['handshakeRtt', 'responderOpened10s', 'responderOpened60s', 'responderPorts60s', 'responderPeers60s', 'responderFailed60s'] // prettier-ignore

/** What the random forest learns from, by index into a flow's row of features. */
export const LEARNED_COLUMNS: readonly number[] = [...FEATURE_NAMES.keys()].filter(
  (column) => !LEFT_OUT_FEATURES.includes(FEATURE_NAMES[column]!),
)

/** How far the training is. */
export interface TrainingProgress {
  readonly stage: 'reading' | 'validating' | 'growing'
  readonly done: number
  readonly total: number
}

export interface TrainingOptions {
  readonly truthFile: string
  readonly capturesDir: string
  /** Tables of labelled flows to learn from as well; the figures are of captures alone. */
  readonly flowTables?: readonly string[]
  /** The same seed, captures and version of Picket give the same model. Default 1. */
  readonly seed?: number
  /** Trees of the model, an even number; default 100. */
  readonly trees?: number
  /** Rows of each bag, at most 2,000; default 800. */
  readonly bagRows?: number
  /** Folds of the cross-validation; default 5. */
  readonly folds?: number
  /** Each capture is a fold of its own: the model knows its laboratory, but not it. */
  readonly leavesOneOut?: boolean
  /** Share of the features each tree sees; default 0.3. */
  readonly featureShare?: number
  readonly threads?: number
  onProgress?(progress: TrainingProgress): void
}

/** The forest measured on captures it never saw. */
export interface Validation {
  /** Captures with at least one labelled flow. */
  readonly captures: readonly CaptureRows[]
  readonly folds: readonly (readonly CaptureRows[])[]
  readonly scores: readonly HeldOutScores[]
  readonly threshold: number
  readonly evaluation: Evaluation
}

export interface TrainingResult {
  readonly model: RandomForestModel
  readonly evaluation: Evaluation
}

type Settings = Required<Omit<TrainingOptions, 'onProgress' | 'threads' | 'flowTables'>> &
  Pick<TrainingOptions, 'threads'> & { readonly tables: readonly TablePart[] }

/**
 * Trains a random forest on labelled captures, by way of the sensor's own capture…feature stages, and
 * measures it by grouped cross-validation; the threshold is set on held-out benign flows.
 *
 * Cost: about 0.3 s a tree of 1,000 rows, for folds + 1 forests, spread over threads.
 * Errors: `ERR_TRAIN_INPUT` for a missing or wrong truth file, missing captures or too few flows;
 * `ERR_CAPTURE_…` for a file that is no capture.
 */
export async function trainRandomForest(options: TrainingOptions): Promise<TrainingResult> {
  const settings = settingsOf(options)
  const { captures, scores, threshold, evaluation } = await validateRandomForest(options)
  const forest = await grow(captures, settings, 0, (done, total) =>
    options.onProgress?.({ stage: 'growing', done, total }),
  )
  const baseline = columnMedians(benignRows(captures), FEATURE_COUNT)
  const training = trainingFacts(settings, evaluation)
  const calibration = plattScaling(weightedScores(scores))
  const facts = { threshold, baseline, calibration, training }
  return { model: { kind: 'random-forest', forest, ...facts }, evaluation }
}

/** Measures the random forest by grouped cross-validation, without growing the one to keep; errors as above. */
export async function validateRandomForest(options: TrainingOptions): Promise<Validation> {
  const settings = settingsOf(options)
  const progress = (stage: TrainingProgress['stage'], done: number, total: number): void =>
    options.onProgress?.({ stage, done, total })
  const read = await readCaptures(options, progress)
  const captures = read.filter((capture) => capture.rows.length > 0)
  checkCaptures(captures, settings.folds)
  const folds = settings.leavesOneOut
    ? captures.map((capture) => [capture])
    : dealFolds(captures, settings.folds, settings.seed)
  const scores = await heldOutScores(folds, (training, fold) =>
    grow(training, settings, fold + 1, (done, jobs) =>
      progress('validating', fold * jobs + done, folds.length * jobs),
    ),
  )
  const threshold = thresholdOf(scores, settings.trees)
  const leftOutFlows = read.reduce((sum, capture) => sum + capture.leftOut, 0)
  const evaluation = evaluate(scores, threshold, { folds: folds.length, leftOutFlows })
  return { captures, folds, scores, threshold, evaluation }
}

function settingsOf(options: TrainingOptions): Settings {
  const settings: Settings = {
    seed: 1,
    trees: 100,
    bagRows: 800,
    folds: 5,
    featureShare: 0.3,
    leavesOneOut: false,
    ...options,
    tables: (options.flowTables ?? []).flatMap(readFlowTable),
  }
  checkSettings(settings)
  return settings
}

async function readCaptures(
  options: TrainingOptions,
  progress: (stage: 'reading', done: number, total: number) => void,
): Promise<CaptureRows[]> {
  const labelled = readTruth(options.truthFile, options.capturesDir)
  requireBothKinds(labelled, options.truthFile)
  const captures: CaptureRows[] = []
  for (const capture of labelled) {
    captures.push(await captureRows(capture))
    progress('reading', captures.length, labelled.length)
  }
  return captures
}

function grow(
  training: readonly CaptureRows[],
  settings: Settings,
  salt: number,
  onGrown: (done: number, jobs: number) => void,
): Promise<FlatForest> {
  const learned = [...training, ...filledIn(settings.tables, training, settings.seed + salt)]
  const jobs = Math.ceil(settings.trees / TREES_PER_BAG)
  const seedOf = (index: number): number => settings.seed * 1_000_003 + salt * 10_007 + index * 2
  return growForest({
    jobs,
    threads: settings.threads,
    onGrown: (done) => onGrown(done, jobs),
    jobOf: (index) => ({
      bag: drawBag(learned, settings.bagRows, seedOf(index)),
      options: {
        trees: TREES_PER_BAG,
        seed: seedOf(index) | 0,
        featureShare: settings.featureShare,
        columns: LEARNED_COLUMNS,
      },
    }),
  })
}

function thresholdOf(scores: readonly HeldOutScores[], trees: number): number {
  const benign = scores.flatMap(({ capture, forest }) =>
    forest.filter((_, at) => capture.labels[at] === 0),
  )
  return calibrateThreshold(benign, { share: FALSE_SHARE, floor: LEAST_THRESHOLD, trees })
}

/** Held-out scores of all flows; every capture counts the same within its class. */
function weightedScores(scores: readonly HeldOutScores[]): Scored[] {
  return scores.flatMap(({ capture: { labels }, forest }) => {
    const weights = captureWeights(labels)
    return forest.map((score, at) => ({ score, label: labels[at]!, weight: weights[at]! }))
  })
}

function trainingFacts(
  settings: Settings,
  evaluation: Evaluation,
): Readonly<Record<string, string | number>> {
  const rounded = (value: number): number => Number(value.toFixed(4))
  return {
    seed: settings.seed,
    trees: settings.trees,
    bagRows: settings.bagRows,
    featureShare: settings.featureShare,
    captures: evaluation.captures,
    attackFlows: evaluation.attackFlows,
    benignFlows: evaluation.benignFlows,
    tableFlows: settings.tables.reduce((sum, { rows }) => sum + rows.length, 0),
    folds: evaluation.folds,
    rocAucByFlow: rounded(evaluation.byFlow.rocAuc),
    prAucByFlow: rounded(evaluation.byFlow.prAuc),
    rocAucByCapture: rounded(evaluation.byCapture.rocAuc),
    prAucByCapture: rounded(evaluation.byCapture.prAuc),
    recallByCapture: rounded(evaluation.recallByCapture),
    falsePerThousand: rounded(evaluation.falsePerThousand),
    rivalRocAucByCapture: rounded(evaluation.trivialRival.byCapture.rocAuc),
    rivalPrAucByCapture: rounded(evaluation.trivialRival.byCapture.prAuc),
  }
}

function checkSettings(settings: Settings): void {
  const bounds = { seed: [0, 1e6], trees: [2, 1000], bagRows: [20, 2000], folds: [2, 20], featureShare: [0.05, 1] } as const // prettier-ignore
  for (const [name, [least, most]] of Object.entries(bounds)) {
    const value = settings[name as keyof typeof bounds]
    const isWhole = name === 'featureShare' || Number.isInteger(value)
    if (isWhole && value >= least && value <= most) continue
    throw new PicketError('ERR_TRAIN_INPUT', `${name} is ${value}`, {
      hint: `use a ${name === 'featureShare' ? 'number' : 'whole number'} from ${least} to ${most}`,
    })
  }
}

function checkCaptures(captures: readonly CaptureRows[], folds: number): void {
  for (const [label, words] of [
    [1, 'attack'],
    [0, 'benign'],
  ] as const) {
    // prettier-ignore
    const groups = new Set(captures.filter(({ labels }) => labels.includes(label)).map(({ group }) => group))
    if (groups.size >= folds) continue
    throw new PicketError(
      'ERR_TRAIN_INPUT',
      `${words} flows come from ${groups.size} independent captures; ${folds} folds need ${folds}`,
      { hint: 'add captures, check attacker_ips and victim_ips, or use fewer folds' },
    )
  }
}
