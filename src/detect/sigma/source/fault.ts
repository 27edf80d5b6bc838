/** What is wrong with a rule, and where. */
import type { Place } from '../../../core/schema/yaml.ts'
import { nearest } from '../../../core/text/nearest.ts'

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
  const meant = nearest(word, known, Math.max(2, Math.floor(word.length / 3)))
  return meant === null ? '' : `; did you mean ${meant}?`
}
