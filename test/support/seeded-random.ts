/** Random numbers that are the same in every run. */

/** Returns a function that draws an integer from 0 up to, and without, `bound` (splitmix32). */
export function seededRandom(seed: number): (bound: number) => number {
  let state = seed | 0
  return (bound) => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) % bound
  }
}
