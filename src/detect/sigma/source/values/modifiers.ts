/**
 * The modifiers behind a field's name (Sigma 2.1, appendix "Modifiers"), sorted by what they change.
 *
 * `expand` has been written out before a rule is read (see `placeholders.ts`).
 */
import type { Place } from '../../../../core/schema/yaml.ts'
import { didYouMean, Refusal } from '../fault.ts'

const COMPARISONS = ['re', 'cidr', 'gt', 'gte', 'lt', 'lte', 'exists', 'fieldref'] as const
const ENDS = ['contains', 'startswith', 'endswith'] as const
const ENCODINGS = [
  'base64',
  'base64offset',
  'wide',
  'utf16le',
  'utf16be',
  'utf16',
  'windash',
] as const
const FLAGS = [
  'all',
  'cased',
  'neq',
  'i',
  'm',
  's',
  'ignorecase',
  'multiline',
  'singleline',
  'dotall',
] as const
/** Parts of a date: what is judged here is judged as it happens, and no field of it holds a date. */
const TIMES = ['minute', 'hour', 'day', 'week', 'month', 'year']
const KNOWN: readonly string[] = [...COMPARISONS, ...ENDS, ...ENCODINGS, ...FLAGS]

export type Comparison = (typeof COMPARISONS)[number]
export type Encoding = (typeof ENCODINGS)[number]

export interface Modifiers {
  /** Null: the value is a text with wildcards, a number, true or false. */
  readonly comparison: Comparison | null
  readonly isOpenAtStart: boolean
  readonly isOpenAtEnd: boolean
  /** In the order in which they are done. */
  readonly encodings: readonly Encoding[]
  /** Every value must fit, not only one. */
  readonly isAll: boolean
  readonly isCased: boolean
  readonly isNegated: boolean
  readonly regexFlags: {
    readonly isCaseless: boolean
    readonly isMultiline: boolean
    readonly dotTakesAll: boolean
  }
}

/** Reads the words between the bars. Errors: `Refusal` for one that is unknown or goes with none of the others. */
export function readModifiers(words: readonly string[], at: Place): Modifiers {
  for (const word of words) refuseUnknown(word, at)
  const has = (...names: readonly string[]): boolean => words.some((word) => names.includes(word))
  const comparisons = COMPARISONS.filter((name) => words.includes(name))
  const ends = ENDS.filter((name) => words.includes(name))
  const encodings = words.filter((word): word is Encoding =>
    (ENCODINGS as readonly string[]).includes(word),
  )
  const comparison = comparisons[0] ?? null
  if (comparisons.length > 1)
    throw new Refusal(at, `${comparisons.join(' and ')} exclude each other`)
  if (comparison !== null && comparison !== 'fieldref' && ends.length + encodings.length > 0) {
    throw new Refusal(
      at,
      `${comparison} goes with neither ${[...ends, ...encodings].join(' nor ')}`,
    )
  }
  if (
    comparison !== 're' &&
    has('i', 'm', 's', 'ignorecase', 'multiline', 'singleline', 'dotall')
  ) {
    throw new Refusal(at, 'the flags i, m and s belong to re')
  }
  return {
    comparison,
    isOpenAtStart: has('contains', 'endswith'),
    isOpenAtEnd: has('contains', 'startswith'),
    encodings,
    isAll: has('all'),
    isCased: has('cased'),
    isNegated: has('neq'),
    regexFlags: {
      isCaseless: has('i', 'ignorecase'),
      isMultiline: has('m', 'multiline'),
      dotTakesAll: has('s', 'singleline', 'dotall'),
    },
  }
}

function refuseUnknown(word: string, at: Place): void {
  if (KNOWN.includes(word)) return
  if (TIMES.includes(word)) {
    throw new Refusal(
      at,
      `${word} wants a date, and no field holds one; policy.blockWhen has hours`,
    )
  }
  throw new Refusal(at, `unknown modifier '${word}'${didYouMean(word, KNOWN)}`)
}
