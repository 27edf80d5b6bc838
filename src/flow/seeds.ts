/** Secret numbers for keyed hashes, so that nobody outside can choose where their flows land. */
import { randomInt } from 'node:crypto'

/** Draws a seed that no packet can predict. */
export function randomSeed(): number {
  return randomInt(0x1_0000_0000) | 0
}

/** Stretches a seed into `count` words (splitmix32). */
export function seedsFrom(seed: number, count: number): Int32Array {
  const seeds = new Int32Array(count)
  let state = seed | 0
  for (let index = 0; index < count; index += 1) {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    seeds[index] = mixed ^ (mixed >>> 15)
  }
  return seeds
}
