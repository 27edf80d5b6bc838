/** Balanced bags: what each small forest is grown on. */
import { sampleIndices, seededRandom } from '../../detect/models/index.ts'
import type { CaptureRows } from '../dataset.ts'
import type { Bag } from './random-forest.ts'

/**
 * Draws a bag: half attack, half benign, and within each half as evenly from every capture as its flows
 * allow, so that a flood's ten thousand equal flows do not drown a brute force's hundred.
 */
export function drawBag(captures: readonly CaptureRows[], rows: number, seed: number): Bag {
  const halves = ([1, 0] as const).map((label) =>
    drawLabel(captures, label, rows / 2, seed + label),
  )
  return {
    rows: halves.flatMap((half) => half.map((pick) => pick.row)),
    labels: halves.flatMap((half) => half.map((pick) => pick.label)),
  }
}

interface Pick {
  readonly row: Float64Array
  readonly label: 0 | 1
}

function drawLabel(
  captures: readonly CaptureRows[],
  label: 0 | 1,
  count: number,
  seed: number,
): Pick[] {
  const random = seededRandom(seed)
  const pools = captures.map((capture) =>
    capture.rows.filter((_, at) => capture.labels[at] === label),
  )
  const filled = pools.filter((pool) => pool.length > 0)
  const quotas = evenQuotas(
    filled.map((pool) => pool.length),
    count,
  )
  return filled.flatMap((pool, at) =>
    sampleIndices(pool.length, quotas[at]!, random).map((index) => ({ row: pool[index]!, label })),
  )
}

/** Shares `count` among pools as evenly as their sizes allow: small pools give all they have. */
export function evenQuotas(sizes: readonly number[], count: number): number[] {
  const quotas = sizes.map(() => 0)
  let left = Math.floor(count)
  const order = [...sizes.keys()].sort((a, b) => sizes[a]! - sizes[b]!)
  order.forEach((pool, done) => {
    const quota = Math.min(sizes[pool]!, Math.ceil(left / (order.length - done)))
    quotas[pool] = quota
    left -= quota
  })
  return quotas
}
