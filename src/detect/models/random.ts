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

/**
 * Draws `count` different indices below `length`, in random order; all of them when there are fewer.
 *
 * Cost: by `count`, whatever the length. Source: Fisher and Yates, of whose list only what was moved is kept.
 */
export function sampleIndices(length: number, count: number, random: Random): number[] {
  const moved = new Map<number, number>()
  return Array.from({ length: Math.min(count, length) }, (_, at) => {
    const other = at + Math.floor(random() * (length - at))
    const drawn = moved.get(other) ?? other
    moved.set(other, moved.get(at) ?? at)
    return drawn
  })
}
