/** Figures of a ranking: ROC-AUC, PR-AUC, and the threshold that keeps ordinary flows quiet. */

/** One scored flow with its truth; `weight` lets a capture count as one, whatever its size. */
export interface Scored {
  readonly score: number
  readonly label: 0 | 1
  readonly weight: number
}

export interface RankingFigures {
  /** The chance that an attack flow scores above a benign one, ties half. */
  readonly rocAuc: number
  /** Average precision. */
  readonly prAuc: number
}

/** Computes both areas over weighted flows; NaN where one of the classes is missing. */
export function rankingFigures(flows: readonly Scored[]): RankingFigures {
  const sorted = [...flows].sort((a, b) => b.score - a.score)
  const totals = [0, 0]
  for (const flow of sorted) totals[flow.label]! += flow.weight
  const [benign, attacks] = totals as [number, number]
  let hits = 0
  let falseAlarms = 0
  let rocArea = 0
  let prArea = 0
  for (let at = 0; at < sorted.length;) {
    const tied = [0, 0]
    const score = sorted[at]!.score
    for (; at < sorted.length && sorted[at]!.score === score; at += 1) {
      tied[sorted[at]!.label]! += sorted[at]!.weight
    }
    const [tiedBenign, tiedAttacks] = tied as [number, number]
    rocArea += tiedBenign * (hits + tiedAttacks / 2)
    hits += tiedAttacks
    falseAlarms += tiedBenign
    if (tiedAttacks > 0) prArea += (tiedAttacks * hits) / (hits + falseAlarms)
  }
  return { rocAuc: rocArea / (attacks * benign), prAuc: prArea / attacks }
}

/**
 * Returns the least threshold, `floor` or more, at which at most `share` of the benign scores speak.
 *
 * Shape: thresholds lie between two possible shares of votes of `trees` trees.
 */
export function calibrateThreshold(
  benignScores: readonly number[],
  options: { readonly share: number; readonly floor: number; readonly trees: number },
): number {
  const { share, floor, trees } = options
  for (let votes = Math.ceil(floor * trees); votes < trees; votes += 1) {
    const threshold = (votes - 0.5) / trees
    const speaking = benignScores.filter((score) => score >= threshold).length
    if (speaking <= share * benignScores.length) return threshold
  }
  return (trees - 0.5) / trees
}

/** Weights each flow so that every capture counts the same within its class. */
export function captureWeights(labels: readonly (0 | 1)[]): number[] {
  const attacks = labels.filter((label) => label === 1).length
  const benign = labels.length - attacks
  return labels.map((label) => 1 / (label === 1 ? attacks : benign))
}

const NEWTON_STEPS = 50
/** Keeps the slope finite where scores separate the classes without a fault. */
const RIDGE = 1e-3

/**
 * Fits the chance of an attack to the scores: 1 / (1 + exp(-(slope × score + intercept))).
 *
 * Source: Platt 1999; by Newton's method, with a ridge.
 */
export function plattScaling(flows: readonly Scored[]): { slope: number; intercept: number } {
  let slope = 0
  let intercept = 0
  for (let step = 0; step < NEWTON_STEPS; step += 1) {
    let [gradientS, gradientI] = [-RIDGE * slope, -RIDGE * intercept]
    let [ss, si, ii] = [RIDGE, 0, RIDGE]
    for (const { score, label, weight } of flows) {
      const chance = logistic(slope * score + intercept)
      const miss = weight * (label - chance)
      const curve = weight * chance * (1 - chance)
      gradientS += miss * score
      gradientI += miss
      ss += curve * score * score
      si += curve * score
      ii += curve
    }
    const determinant = ss * ii - si * si
    const moveS = (ii * gradientS - si * gradientI) / determinant
    const moveI = (ss * gradientI - si * gradientS) / determinant
    slope += moveS
    intercept += moveI
    if (Math.abs(moveS) + Math.abs(moveI) < 1e-9) break
  }
  return { slope, intercept }
}

function logistic(value: number): number {
  return 1 / (1 + Math.exp(-value))
}
