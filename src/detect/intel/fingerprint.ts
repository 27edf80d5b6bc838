/** 64-bit fingerprints of indicators, as two 32-bit words, without an object a look. */

/** What is hashed apart, so that an address can never be taken for a domain. */
export const Space = {
  ADDRESS: 1,
  DOMAIN: 2,
  URL: 3,
  URL_HOST: 4,
  JA3: 5,
  JA4: 6,
  URL_ADDRESS: 7,
} as const

/** The fingerprint made last: `fingerprint.high` and `fingerprint.low`, signed. Overwritten by the next. */
export const fingerprint = { high: 0, low: 0 }

/** Four words of an address in an array of several, IPv4 in the last one. */
export interface AddressWords {
  readonly words: Int32Array
  readonly at: number
  readonly family: number
}

/** Fingerprints the first `prefix` bits of an address (IPv4: of the last word), or all of it. */
export function fingerprintAddress(address: AddressWords, prefix: number, space: number): void {
  const { words, at, family } = address
  let high = begin(space * 256 + prefix)
  let low = begin(high ^ family)
  const first = family === 4 ? 3 : 0
  for (let index = first; index < 4; index += 1) {
    const kept = Math.min(32, Math.max(0, prefix - (index - first) * 32))
    const word = kept === 0 ? 0 : words[at + index]! & (0xffffffff << (32 - kept))
    high = Math.imul(high ^ word, 0x9e3779b1)
    high ^= high >>> 15
    low = Math.imul(low ^ word, 0x85ebca6b)
    low ^= low >>> 13
  }
  finish(high, low)
}

/** Fingerprints a whole text; it is canonical (ASCII) already. */
export function fingerprintText(text: string, space: number): void {
  beginText()
  for (let at = text.length - 1; at >= 0; at -= 1) stir(text.charCodeAt(at))
  fingerprintStirred(space)
}

// The letters stirred in so far, from the last one on: so the names that a name lies under are met on the way.
let stirredHigh = 0
let stirredLow = 0

/** Begins a text that is stirred in letter by letter, from its end. */
export function beginText(): void {
  stirredHigh = begin(0)
  stirredLow = begin(stirredHigh)
}

/** Stirs in the letter before those stirred in so far. */
export function stir(code: number): void {
  stirredHigh = Math.imul(stirredHigh ^ code, 0x01000193)
  const low = Math.imul(stirredLow ^ code, 0x5bd1e995)
  stirredLow = low ^ (low >>> 15)
}

/** Fingerprints what has been stirred in so far, as `fingerprintText` would. */
export function fingerprintStirred(space: number): void {
  const high = stirredHigh ^ begin(space)
  finish(high, stirredLow ^ Math.imul(high, 0x9e3779b1))
}

const begin = (seed: number): number => Math.imul(seed ^ 0x811c9dc5, 0x9e3779b1)

/** The finaliser of MurmurHash3, each word stirred into the other. */
function finish(high: number, low: number): void {
  let h = high ^ (low >>> 7)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  h ^= h >>> 16
  let l = low ^ h
  l = Math.imul(l ^ (l >>> 16), 0xcc9e2d51)
  l = Math.imul(l ^ (l >>> 13), 0x1b873593)
  fingerprint.high = h
  fingerprint.low = l ^ (l >>> 16)
}
