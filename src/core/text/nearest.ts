/** Guesses which name was meant by one that is none. */

/** Gives the known name that is the same but for its signs, or at most so many slips away; null where none is. */
export function nearest(name: string, known: Iterable<string>, mostSlips = 2): string | null {
  const asked = squash(name)
  let best: string | null = null
  let bestSlips = mostSlips + 1
  for (const one of known) {
    // Also what keeps a word as long as a file from being held against every name, letter by letter.
    if (Math.abs(squash(one).length - asked.length) >= bestSlips) continue
    const slips = slipsBetween(squash(one), asked)
    if (slips < bestSlips) [best, bestSlips] = [one, slips]
  }
  return best
}

const squash = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Letters left out, put in, changed, or swapped with the next (Damerau's distance, each place touched once). */
function slipsBetween(one: string, other: string): number {
  let before: number[] = []
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const changed = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      const swapped = isSwap ? before[j - 2]! + 1 : Infinity
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, changed, swapped))
    }
    before = row
    row = next
  }
  return row[other.length]!
}
