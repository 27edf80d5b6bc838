/** Grouped cross-validation: every flow is scored by a forest that never saw its capture or laboratory. */
import {
  attackShare,
  sampleIndices,
  seededRandom,
  type FlatForest,
} from '../detect/models/index.ts'
import type { CaptureRows } from './dataset.ts'
import { captureWeights, rankingFigures, type RankingFigures, type Scored } from './metrics.ts'
import { boxPlotRival, TUKEY_FENCE } from './rival.ts'

/** The out-of-fold scores of one capture, flow by flow. */
export interface HeldOutScores {
  readonly capture: CaptureRows
  /** The forest that never saw the capture. */
  readonly grown: FlatForest
  readonly forest: readonly number[]
  readonly rival: readonly number[]
}

/** How one capture came out at the calibrated threshold. */
export interface CaptureOutcome {
  readonly name: string
  readonly attackFlows: number
  readonly attackFlowsFound: number
  readonly benignFlows: number
  readonly benignFlowsFlagged: number
}

export interface Evaluation {
  readonly folds: number
  readonly captures: number
  readonly attackFlows: number
  readonly benignFlows: number
  readonly leftOutFlows: number
  readonly threshold: number
  /** Every flow counts the same. */
  readonly byFlow: RankingFigures
  /** Every capture counts the same: a flood does not outvote a brute force. */
  readonly byCapture: RankingFigures
  /** At the threshold: mean share of attack flows found per capture, benign flows flagged per 1,000. */
  readonly recallByCapture: number
  readonly falsePerThousand: number
  /** The box-plot rule on packet and connection rates, on the same folds. */
  readonly trivialRival: {
    readonly byFlow: RankingFigures
    readonly byCapture: RankingFigures
    readonly recallByCapture: number
    readonly falsePerThousand: number
  }
  readonly outcomes: readonly CaptureOutcome[]
}

/** Deals the captures into folds by group, attacks and benign apart, in a seeded order. */
export function dealFolds(
  captures: readonly CaptureRows[],
  folds: number,
  seed: number,
): CaptureRows[][] {
  const dealt: CaptureRows[][] = Array.from({ length: folds }, () => [])
  const random = seededRandom(seed)
  let next = 0
  for (const isAttack of [true, false]) {
    const ofKind = captures.filter((capture) => capture.labels.includes(1) === isAttack)
    const groups = [...new Set(ofKind.map((capture) => capture.group))]
    for (const at of sampleIndices(groups.length, groups.length, random)) {
      const members = ofKind.filter((capture) => capture.group === groups[at])
      dealt[next % folds]!.push(...members)
      next += 1
    }
  }
  return dealt
}

/** Scores every capture with the forest grown on the other folds. */
export async function heldOutScores(
  folds: readonly (readonly CaptureRows[])[],
  grow: (training: readonly CaptureRows[], fold: number) => Promise<FlatForest>,
): Promise<HeldOutScores[]> {
  const scored: HeldOutScores[] = []
  for (const [fold, heldOut] of folds.entries()) {
    const training = folds.filter((other) => other !== heldOut).flat()
    const forest = await grow(training, fold)
    const rival = boxPlotRival(benignRows(training))
    for (const capture of heldOut) {
      const forestScores = capture.rows.map((row) => attackShare(forest, row))
      scored.push({ capture, grown: forest, forest: forestScores, rival: capture.rows.map(rival) })
    }
  }
  return scored
}

/** Sums up held-out scores at a threshold. */
export function evaluate(
  scores: readonly HeldOutScores[],
  threshold: number,
  facts: Pick<Evaluation, 'folds' | 'leftOutFlows'>,
): Evaluation {
  const outcomes = scores.map(({ capture, forest }) => outcomeOf(capture, forest, threshold))
  const rivalOutcomes = scores.map(({ capture, rival }) => outcomeOf(capture, rival, TUKEY_FENCE))
  return {
    ...facts,
    captures: scores.length,
    attackFlows: total(outcomes, 'attackFlows'),
    benignFlows: total(outcomes, 'benignFlows'),
    threshold,
    byFlow: rankingFigures(flowsOf(scores, 'forest', false)),
    byCapture: rankingFigures(flowsOf(scores, 'forest', true)),
    ...ratesOf(outcomes),
    trivialRival: {
      byFlow: rankingFigures(flowsOf(scores, 'rival', false)),
      byCapture: rankingFigures(flowsOf(scores, 'rival', true)),
      ...ratesOf(rivalOutcomes),
    },
    outcomes,
  }
}

/** The rows of ordinary traffic. */
export function benignRows(captures: readonly CaptureRows[]): Float64Array[] {
  return captures.flatMap((capture) => capture.rows.filter((_, at) => capture.labels[at] === 0))
}

function flowsOf(
  scores: readonly HeldOutScores[],
  by: 'forest' | 'rival',
  isByCapture: boolean,
): Scored[] {
  return scores.flatMap(({ capture, [by]: values }) => {
    const weights = captureWeights(capture.labels)
    return values.map((score, at) => ({
      score,
      label: capture.labels[at]!,
      weight: isByCapture ? weights[at]! : 1,
    }))
  })
}

function outcomeOf(
  capture: CaptureRows,
  scores: readonly number[],
  threshold: number,
): CaptureOutcome {
  const outcome = { attackFlows: 0, attackFlowsFound: 0, benignFlows: 0, benignFlowsFlagged: 0 }
  capture.labels.forEach((label, at) => {
    const speaks = scores[at]! >= threshold ? 1 : 0
    if (label === 1) {
      outcome.attackFlows += 1
      outcome.attackFlowsFound += speaks
    } else {
      outcome.benignFlows += 1
      outcome.benignFlowsFlagged += speaks
    }
  })
  return { name: capture.name, ...outcome }
}

function ratesOf(
  outcomes: readonly CaptureOutcome[],
): Pick<Evaluation, 'recallByCapture' | 'falsePerThousand'> {
  const attacks = outcomes.filter((outcome) => outcome.attackFlows > 0)
  const found = attacks.map((outcome) => outcome.attackFlowsFound / outcome.attackFlows)
  return {
    recallByCapture: found.reduce((sum, share) => sum + share, 0) / Math.max(1, attacks.length),
    falsePerThousand:
      (1000 * total(outcomes, 'benignFlowsFlagged')) / Math.max(1, total(outcomes, 'benignFlows')),
  }
}

function total(
  outcomes: readonly CaptureOutcome[],
  field: Exclude<keyof CaptureOutcome, 'name'>,
): number {
  return outcomes.reduce((sum, outcome) => sum + outcome[field], 0)
}
