/** Both forests and the trivial rival at the level of flows, on captures that none of them saw. */
import {
  columnMedians,
  formatModel,
  isolationScore,
  learnModel,
  type FlatForest,
  type IsolationForestConfig,
} from '../detect/models/index.ts'
import { FEATURE_COUNT } from '../feature/index.ts'
import { benignRows, type HeldOutScores } from './cross-validate.ts'
import type { CaptureRows } from './dataset.ts'
import { rightAnswer } from './judging/attack-types.ts'
import { captureWeights, rankingFigures, type RankingFigures, type Scored } from './metrics.ts'
import { TUKEY_FENCE } from './rival.ts'
import { validateRandomForest, type TrainingOptions } from './train-random-forest.ts'

/** What a way of scoring flows is worth. */
export interface ScorerFigures {
  readonly scorer: string
  readonly threshold: number
  /** At the threshold, every flow counting the same. */
  readonly precision: number
  readonly recall: number
  readonly byFlow: RankingFigures
  /** Every capture counts the same within its class: a flood does not outvote a brute force. */
  readonly byCapture: RankingFigures
  /** Mean over the attack captures of the share of their attack flows found. */
  readonly recallByCapture: number
  readonly falsePerThousand: number
  /** Where the recall comes from, the family with the most captures first. */
  readonly recallByFamily: readonly FamilyRecall[]
}

/** How much of one sort of attack is found, flow by flow. */
export interface FamilyRecall {
  /** The first family that answers the capture's first attack type. */
  readonly family: string
  readonly captures: number
  /** Held out one at a time: with one laboratory alone nothing of the sort was learned. */
  readonly laboratories: number
  readonly flows: number
  readonly recallByCapture: number
}

export interface ModelFigures {
  /** Each capture was a fold of its own, rather than whole laboratories held out. */
  readonly leavesOneOut: boolean
  readonly folds: number
  readonly captures: number
  readonly attackFlows: number
  readonly benignFlows: number
  /** Flows whose label nobody knows. */
  readonly leftOutFlows: number
  readonly scorers: readonly ScorerFigures[]
  /** Whether each forest is better than the box-plot rule by both areas, captures counting the same. */
  readonly beatsRival: Readonly<Record<string, boolean>>
}

/** The figures, and for each capture the random forest that never saw it, as the text of its file. */
export interface MeasuredModels {
  readonly figures: ModelFigures
  readonly heldOut: ReadonlyMap<string, string>
}

/** The scores of one capture, flow by flow. */
export interface ScoredCapture {
  readonly capture: CaptureRows
  readonly scores: readonly number[]
  /** At or above it the scorer speaks. */
  readonly threshold: number
}

const FOREST = 'random forest'
const ISOLATION = 'isolation forest'
const RIVAL = 'box-plot rule'

/**
 * Scores every flow by models grown without its capture and without its laboratory.
 *
 * The isolation forest here has learned the ordinary traffic of other hosts, since a clip holds too little
 * of its own; on a host it knows that host's past.
 * Errors: as `trainRandomForest`.
 */
export async function measureModels(
  options: TrainingOptions,
  isolation: IsolationForestConfig,
): Promise<MeasuredModels> {
  const { folds, scores, threshold, evaluation } = await validateRandomForest(options)
  const forest = scores.map(({ capture, forest }) => ({ capture, scores: forest, threshold }))
  const rival = scores.map(({ capture, rival }) => ({ capture, scores: rival, threshold: TUKEY_FENCE })) // prettier-ignore
  const isolated = folds.flatMap((heldOut) => {
    const training = folds.filter((other) => other !== heldOut).flat()
    return isolationScores(heldOut, training, isolation, options.seed ?? 1)
  })
  const scorers = [
    figuresOf(FOREST, forest),
    figuresOf(ISOLATION, isolated),
    figuresOf(RIVAL, rival),
  ]
  const [, , rule] = scorers
  const { captures, attackFlows, benignFlows, leftOutFlows } = evaluation
  const figures = {
    leavesOneOut: options.leavesOneOut === true,
    folds: folds.length,
    captures,
    attackFlows,
    benignFlows,
    leftOutFlows,
    scorers,
    beatsRival: Object.fromEntries(
      scorers.slice(0, 2).map((figures) => [figures.scorer, isBetter(figures, rule!)]),
    ),
  }
  return { figures, heldOut: heldOutModels(scores, threshold) }
}

/** The texts of the model files, one a fold: captures of a fold share theirs. */
function heldOutModels(
  scores: readonly HeldOutScores[],
  threshold: number,
): ReadonlyMap<string, string> {
  const baseline = columnMedians(benignRows(scores.map(({ capture }) => capture)), FEATURE_COUNT)
  const texts = new Map<FlatForest, string>()
  return new Map(
    scores.map(({ capture, grown }) => {
      const facts = { threshold, baseline, calibration: null, training: {} }
      const text =
        texts.get(grown) ?? formatModel({ kind: 'random-forest', forest: grown, ...facts })
      texts.set(grown, text)
      return [capture.name, text]
    }),
  )
}

function isolationScores(
  heldOut: readonly CaptureRows[],
  training: readonly CaptureRows[],
  config: IsolationForestConfig,
  seed: number,
): ScoredCapture[] {
  const model = learnModel(benignRows(training), config, { seed, learnedAtUs: 0 })
  return heldOut.map((capture) => ({
    capture,
    scores: capture.rows.map((row) => isolationScore(model, row)),
    threshold: model.threshold,
  }))
}

function isBetter(one: ScorerFigures, other: ScorerFigures): boolean {
  const { rocAuc, prAuc } = one.byCapture
  return rocAuc > other.byCapture.rocAuc && prAuc > other.byCapture.prAuc
}

/** Sums up what a scorer said of captures that it never saw. */
export function figuresOf(scorer: string, scored: readonly ScoredCapture[]): ScorerFigures {
  const counts = scored.map(countsOf)
  const total = (field: keyof Counts): number => counts.reduce((sum, one) => sum + one[field], 0)
  const attacks = counts.filter(({ attacks }) => attacks > 0)
  const shares = attacks.map(({ attacks: all, found }) => found / all)
  return {
    scorer,
    threshold: meanOf(scored.map(({ threshold }) => threshold)),
    precision: share(total('found'), total('found') + total('flagged')),
    recall: share(total('found'), total('attacks')),
    byFlow: rankingFigures(scored.flatMap((one) => weighted(one, false))),
    byCapture: rankingFigures(scored.flatMap((one) => weighted(one, true))),
    recallByCapture: meanOf(shares),
    falsePerThousand: 1000 * share(total('flagged'), total('benign')),
    recallByFamily: recallByFamily(scored),
  }
}

function recallByFamily(scored: readonly ScoredCapture[]): FamilyRecall[] {
  const attacks = scored.filter(({ capture }) => capture.labels.includes(1))
  const families = [...new Set(attacks.map(({ capture }) => familyOf(capture)))]
  const rows = families.map((family): FamilyRecall => {
    const own = attacks.filter(({ capture }) => familyOf(capture) === family)
    const counts = own.map(countsOf)
    return {
      family,
      captures: own.length,
      laboratories: new Set(own.map(({ capture }) => capture.group)).size,
      flows: counts.reduce((sum, one) => sum + one.attacks, 0),
      recallByCapture: meanOf(counts.map((one) => share(one.found, one.attacks))),
    }
  })
  return rows.sort((one, other) => other.captures - one.captures)
}

/** The first type that says what was done; `ipv6` and its like only describe. */
function familyOf({ attackTypes }: CaptureRows): string {
  const families = attackTypes.flatMap((type) => rightAnswer(type)?.families?.[0] ?? [])
  return families[0] ?? 'other'
}

interface Counts {
  readonly attacks: number
  readonly found: number
  readonly benign: number
  readonly flagged: number
}

function countsOf({ capture, scores, threshold }: ScoredCapture): Counts {
  const counts = { attacks: 0, found: 0, benign: 0, flagged: 0 }
  capture.labels.forEach((label, at) => {
    const speaks = scores[at]! >= threshold ? 1 : 0
    counts[label === 1 ? 'attacks' : 'benign'] += 1
    counts[label === 1 ? 'found' : 'flagged'] += speaks
  })
  return counts
}

/** Ranked by how far each score lies above its fold's threshold, since folds set their own. */
function weighted({ capture, scores, threshold }: ScoredCapture, isByCapture: boolean): Scored[] {
  const weights = captureWeights(capture.labels)
  return scores.map((score, at) => ({
    score: score - threshold,
    label: capture.labels[at]!,
    weight: isByCapture ? weights[at]! : 1,
  }))
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
