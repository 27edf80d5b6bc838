/** What is wrong with a rule, and where. */
import type { Place } from '../../../core/schema/yaml.ts'

/** A rule, or a file of rules, that was refused; the others are in force. */
export interface RuleFault extends Place {
  readonly file: string
  /** In words that follow the place: `unknown modifier 'contians'; did you mean contains?`. */
  readonly reason: string
}

/** Thrown while one rule is read, and caught where its neighbours go on. */
export class Refusal extends Error {
  readonly place: Place

  constructor({ line, column }: Place, reason: string) {
    super(reason)
    this.place = { line, column }
  }
}

/** Names the known word nearest to a misspelt one, for the end of a reason; nothing where none is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  let best = ''
  let least = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const one of known) {
    const distance = editDistance(word.toLowerCase(), one.toLowerCase(), least)
    if (distance >= least) continue
    least = distance
    best = one
  }
  return best === '' ? '' : `; did you mean ${best}?`
}

/** Levenshtein's distance, as far as `limit`. */
function editDistance(one: string, other: string, limit: number): number {
  if (one.length > 64 || Math.abs(one.length - other.length) >= limit) return limit
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let at = 1; at <= one.length; at += 1) {
    const next = [at]
    for (let to = 1; to <= other.length; to += 1) {
      const change = row[to - 1]! + (one[at - 1] === other[to - 1] ? 0 : 1)
      next.push(Math.min(change, row[to]! + 1, next[to - 1]! + 1))
    }
    row = next
  }
  return row[other.length]!
}
