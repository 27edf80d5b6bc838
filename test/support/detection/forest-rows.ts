/** Made-up feature vectors for forest tests: a benign cloud and an attack cloud that overlap a little. */
import { FEATURE_COUNT } from '../../../src/feature/index.ts'
import { seededRandom } from '../../../src/detect/models/index.ts'

export interface LabelledRows {
  readonly rows: Float64Array[]
  readonly labels: number[]
}

/** Rows of which every third is an attack; column 5 is constant, column 6 has only two values. */
export function labelledRows(count: number, seed: number): LabelledRows {
  const random = seededRandom(seed)
  const labels = Array.from({ length: count }, (_, index) => (index % 3 === 0 ? 1 : 0))
  const rows = labels.map((label) =>
    Float64Array.from({ length: FEATURE_COUNT }, (_, column) => {
      if (column === 5) return 0.5
      if (column === 6) return random() < 0.5 ? 0 : 1
      return random() * 4 + (column % 4 === 0 ? label * 2.5 : 0)
    }),
  )
  return { rows, labels }
}
