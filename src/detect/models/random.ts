/** Seeded random numbers, so that the same traffic and the same seed give the same model. */

export type Random = () => number

/** Returns a generator of numbers in [0, 1) from a seed. Source: mulberry32 (T. Ettinger). */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Draws `count` different indices below `length`, in random order; all of them when there are fewer. */
export function sampleIndices(length: number, count: number, random: Random): number[] {
  const indices = Array.from({ length }, (_, index) => index)
  const drawn = Math.min(count, length)
  for (let at = 0; at < drawn; at += 1) {
    const other = at + Math.floor(random() * (length - at))
    const kept = indices[at]!
    indices[at] = indices[other]!
    indices[other] = kept
  }
  return indices.slice(0, drawn)
}
