/**
 * Mean, deviation and extremes of a series, updated in place and without keeping the series.
 *
 * Source: B. P. Welford, "Note on a method for calculating corrected sums of squares and products",
 * Technometrics 4 (1962); it does not cancel where sum of squares minus square of sum would.
 */

/** Folds the `count`-th value into the mean at `at` and the sum of squared deviations at `at + 1`. */
export function foldValue(doubles: Float64Array, at: number, value: number, count: number): void {
  const mean = doubles[at]!
  const difference = value - mean
  const newMean = mean + difference / count
  doubles[at] = newMean
  doubles[at + 1] = doubles[at + 1]! + difference * (value - newMean)
}

/** The deviation (of the population) of `count` values from their sum of squared deviations. */
export function deviation(squares: number, count: number): number {
  return count < 2 ? 0 : Math.sqrt(Math.max(0, squares / count))
}
