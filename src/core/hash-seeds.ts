/**
 * Where keyed hashes get their seeds: from chance, so that nobody outside can choose what falls together, or
 * fixed, so that a replay of the same capture says the same again.
 */
import { randomInt } from 'node:crypto'

/** Draws one seed: 32 bits, signed, never 0. */
export type DrawSeed = () => number

const takers: ((draw: DrawSeed) => void)[] = []
let draw: DrawSeed = () => randomInt(1, 0x1_0000_0000) | 0

/** Gives whoever keys a hash its seeds: now, and anew whenever they are fixed. Nothing may be hashed in between. */
export function takeSeeds(take: (draw: DrawSeed) => void): void {
  takers.push(take)
  take(draw)
}

/**
 * Fixes every seed of this process, those already taken and those to come.
 *
 * For traffic of the past only: whoever knows the seeds can make live traffic fall together.
 */
export function fixSeeds(): void {
  let last = 0
  draw = () => {
    const [seed] = seedsFrom((last += 1), 1)
    return seed! || 1
  }
  for (const take of takers) take(draw)
}

/** Draws a seed as they are drawn at present. */
export function drawSeed(): number {
  return draw()
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
