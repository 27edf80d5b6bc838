/**
 * Judges a retrained model before it comes into force, against what was frozen when the host was first learned.
 *
 * Who has time can poison a model in steps too small to see from one to the next; measured against the first
 * baseline every step counts (Barreno et al. 2010; Rubinstein et al. 2009 on boiling frogs).
 */
import { isolationScore } from '../isolation-forest.ts'
import { quantile, type IsolationForestModel, type Reference } from '../model.ts'
import { sampleIndices, seededRandom } from '../random.ts'
import { knownAttacks } from './known-attacks.ts'

/** Rows of the first baseline that are kept for ever; about 80 KB in the model's file. */
const REFERENCE_ROWS = 256
/** At most this share of the first baseline may look unusual to a later model. */
const MOST_ESTRANGED = 0.1
/**
 * An attack is set apart that scores above this share of the first baseline. By rank, not by threshold: a
 * threshold wanders from one sample of quiet traffic to the next, and with it what lies just above.
 */
const APART_QUANTILE = 0.95
/** How many of the known attacks that the first model set apart a later one may let pass. */
const ATTACKS_FORGIVEN = 1

/** What is said of a candidate; `reason` is null for one that may come into force. */
export interface Judgement {
  readonly reason: string | null
  /** Share of the frozen first baseline that looks unusual to it. */
  readonly estranged: number
  readonly attacksApart: number
}

/** Freezes the reference when a host is learned for the first time. */
export function freezeReference(
  rows: readonly Float64Array[],
  model: Omit<IsolationForestModel, 'reference'>,
  seed: number,
): Reference {
  const ordinary = sampleIndices(rows.length, REFERENCE_ROWS, seededRandom(seed + 1)).map((index) =>
    Float64Array.from(rows[index]!),
  )
  const attacks = knownAttacks(model.baseline)
  return { ordinary, attacks, attacksApart: setApart(model, ordinary, attacks) }
}

/** Judges the candidate; a model without reference (of an older version) lets everything pass. */
export function judgeCandidate(candidate: IsolationForestModel, reference: Reference): Judgement {
  const estranged = flagged(candidate, reference.ordinary) / Math.max(1, reference.ordinary.length)
  const attacksApart = setApart(candidate, reference.ordinary, reference.attacks)
  const lost = reference.attacksApart - attacksApart
  return { reason: reasonAgainst(estranged, lost, reference), estranged, attacksApart }
}

function reasonAgainst(estranged: number, lost: number, reference: Reference): string | null {
  if (lost > ATTACKS_FORGIVEN) {
    return `it finds ${lost} of ${reference.attacksApart} known attacks usual that the first model set apart`
  }
  if (estranged > MOST_ESTRANGED) {
    return `${Math.round(estranged * 100)} % of the traffic first learned looks unusual to it`
  }
  return null
}

type Scorer = Pick<IsolationForestModel, 'forest' | 'normalPathLength' | 'threshold'>

function setApart(
  model: Scorer,
  ordinary: readonly Float64Array[],
  attacks: readonly Float64Array[],
): number {
  const scores = Float64Array.from(ordinary, (row) => isolationScore(model, row)).sort()
  const bar = quantile(scores, APART_QUANTILE)
  return attacks.filter((row) => isolationScore(model, row) >= bar).length
}

function flagged(model: Scorer, rows: readonly Float64Array[]): number {
  return rows.filter((row) => isolationScore(model, row) >= model.threshold).length
}
