/** Fills in what a table does not tell of its flows, from flows that were measured whole. */
import { sampleIndices, seededRandom } from '../../detect/models/index.ts'
import { FEATURE_NAMES } from '../../feature/index.ts'
import type { CaptureRows } from '../dataset.ts'
import type { TablePart } from './flow-table.ts'

/** So many of a part are learned from: a bag takes a few of each. */
const MOST_ROWS = 2000
/** Whole flows that are looked at for the likest one. */
const LOOKED_AT = 64
const IS_TCP = FEATURE_NAMES.indexOf('isTcp')
const IS_UNANSWERED = FEATURE_NAMES.indexOf('isUnanswered')

/**
 * Gives the parts as rows without gaps: each takes what it lacks from the likest of some flows of `whole`, whatever
 * that flow's label is, so that what is filled in tells nothing of the label.
 *
 * Source: hot-deck imputation (Andridge & Little, Int. Stat. Rev. 2010). Cost: 2,000 × 64 comparisons a part.
 */
export function filledIn(
  parts: readonly TablePart[],
  whole: readonly CaptureRows[],
  seed: number,
): CaptureRows[] {
  const donors = donorsOf(whole)
  return parts.map(({ name, label, rows }, at) => {
    const random = seededRandom(seed + at)
    const picked = sampleIndices(rows.length, Math.min(rows.length, MOST_ROWS), random)
    const filled = picked.map((index) => fill(rows[index]!, donors, random))
    const labels = filled.map(() => label)
    return { name, group: name, attackTypes: [], rows: filled, labels, leftOut: 0 }
  })
}

type Donors = ReadonlyMap<string, readonly Float64Array[]>

/** By what most of a flow's shape hangs on. */
const kindOf = (row: Float64Array): string => `${row[IS_TCP]} ${row[IS_UNANSWERED]}`

function donorsOf(whole: readonly CaptureRows[]): Donors {
  const donors = new Map<string, Float64Array[]>()
  for (const { rows } of whole) {
    for (const row of rows) {
      for (const kind of [kindOf(row), '']) {
        const known = donors.get(kind)
        if (known === undefined) donors.set(kind, [row])
        else known.push(row)
      }
    }
  }
  return donors
}

function fill(row: Float64Array, donors: Donors, random: () => number): Float64Array {
  const alike = donors.get(kindOf(row)) ?? donors.get('')!
  let likest = alike[0]!
  let least = Number.POSITIVE_INFINITY
  for (let look = 0; look < LOOKED_AT; look += 1) {
    const donor = alike[Math.floor(random() * alike.length)]!
    const distance = distanceOf(row, donor)
    if (distance >= least) continue
    least = distance
    likest = donor
  }
  return row.map((value, at) => (Number.isNaN(value) ? likest[at]! : value))
}

/** Over what is known of the row. */
function distanceOf(row: Float64Array, other: Float64Array): number {
  let sum = 0
  for (let at = 0; at < row.length; at += 1) {
    const value = row[at]!
    if (!Number.isNaN(value)) sum += (value - other[at]!) ** 2
  }
  return sum
}
