/** What rounds of measurements come to. */

/** The middle one of some numbers; of an even count the upper one of the two in the middle. */
export function middle(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)]
}

/** The middle one of several measurements, by a key. */
export function median(measurements, key) {
  return middle(measurements.map((one) => one[key]))
}

/** Medians of several measurements, key by key, where they are numbers; the rest as in the first one. */
export function medians(measurements) {
  const [first] = measurements
  const entries = Object.entries(first).map(([key, value]) => [
    key,
    typeof value === 'number' ? median(measurements, key) : value,
  ])
  return Object.fromEntries(entries)
}
