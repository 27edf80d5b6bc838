/**
 * How much the free part of a name looks like data rather than like a name somebody thought of.
 *
 * A logistic score over four explicit features. Names come in lower case, so that the case games of careful
 * resolvers (0x20) are not seen, and neither is the case of base64: its letters remain odd enough.
 */

/** Which letters commonly follow each, a–z: 220 pairs, four in five of those in 4,000 ordinary domain names. */
const COMMON_FOLLOWERS = [
  'bcdfgilmnprstvyz', 'aeilorsu', 'adehiklorst', 'aeimnors', 'abcdeglmnoprstvwx', 'aefilo', 'aeilor',
  'aeiou', 'abcdefgklmnoprstv', '', 'aeis', 'adeilostuy', 'aegiops', 'acdegiklnost',
  'abcdgklmnoprstuvwx', 'aeiloprstu', 'u', 'acdegikmnorstuvy', 'acehilmopstu', 'acehimorstuwy',
  'bdlmnprst', 'aei', 'aeios', '', 'aost', 'eo',
] as const // prettier-ignore

const LETTERS = 26
const DIGIT = LETTERS
const NOTHING = -1
const FIRST_LETTER = 0x61
const FIRST_DIGIT = 0x30
const DOT = 0x2e
const HYPHEN = 0x2d
const UNDERSCORE = 0x5f
const LONG_WORD = 40
const LONG_NAME = 200

const isCommonPair = new Uint8Array(LETTERS * LETTERS)
COMMON_FOLLOWERS.forEach((followers, first) => {
  for (const next of followers)
    isCommonPair[first * LETTERS + next.charCodeAt(0) - FIRST_LETTER] = 1
})

/**
 * Logistic regression over netrack-dns (train and validate), random labels in base 16, 32, 36 and 64 of 6 to
 * 150 characters, and host names of ordinary captures and of networks of content delivery.
 */
const BIAS = -4.45
const RARE_PAIRS_WEIGHT = 4.6
const MIXING_WEIGHT = 10.6
const LONGEST_WORD_WEIGHT = 6.4
const LENGTH_WEIGHT = 0.8

/** What is measured of a name; each 0–1. */
export interface NameFeatures {
  /** Share of neighbouring letters that seldom stand together. */
  rarePairs: number
  /** Changes between letters and digits, per character; one from letters to digits is free to each word. */
  mixing: number
  /** Of 40 characters. */
  longestWord: number
  /** Of 200 characters. */
  length: number
  /** A character that host names don't have. */
  isOdd: boolean
}

const measured: NameFeatures = { rarePairs: 0, mixing: 0, longestWord: 0, length: 0, isOdd: false }

/** Scores the first `end` characters of a name: log odds that they are data. One pass, no allocation. */
export function nameScore(name: string, end: number): number {
  const { rarePairs, mixing, longestWord, length, isOdd } = nameFeatures(name, end)
  if (isOdd) return 3
  return (
    BIAS +
    RARE_PAIRS_WEIGHT * rarePairs +
    MIXING_WEIGHT * mixing +
    LONGEST_WORD_WEIGHT * longestWord +
    LENGTH_WEIGHT * length
  )
}

/** Measures the first `end` characters; the object is reused by the next call. */
export function nameFeatures(name: string, end: number): Readonly<NameFeatures> {
  let pairs = 0
  let rare = 0
  let changes = 0
  let signs = 0
  let word = 0
  let longest = 0
  let before = NOTHING
  let isNumbered = false
  measured.isOdd = false
  for (let at = 0; at < end; at += 1) {
    const code = name.charCodeAt(at)
    word = code === DOT || code === HYPHEN ? 0 : word + 1
    if (word > longest) longest = word
    const kind = kindOf(code)
    if (kind === NOTHING) {
      if (code !== DOT && code !== HYPHEN && code !== UNDERSCORE) measured.isOdd = true
      before = NOTHING
      isNumbered = false
      continue
    }
    signs += 1
    if (before < DIGIT && kind < DIGIT && before !== NOTHING) {
      pairs += 1
      rare += 1 - isCommonPair[before * LETTERS + kind]!
    } else if (before !== NOTHING && (before === DIGIT) !== (kind === DIGIT)) {
      // Words are numbered: `srv0042`. Those that go on after the number are not words.
      if (kind === DIGIT && !isNumbered) isNumbered = true
      else changes += 1
    }
    before = kind
  }
  measured.rarePairs = rare / (pairs + 2)
  measured.mixing = signs === 0 ? 0 : changes / signs
  measured.longestWord = Math.min(1, longest / LONG_WORD)
  measured.length = Math.min(1, end / LONG_NAME)
  return measured
}

/** The letter's number, `DIGIT` for any digit, `NOTHING` for what stands between words. */
function kindOf(code: number): number {
  const letter = code - FIRST_LETTER
  if (letter >= 0 && letter < LETTERS) return letter
  return code >= FIRST_DIGIT && code < FIRST_DIGIT + 10 ? DIGIT : NOTHING
}
