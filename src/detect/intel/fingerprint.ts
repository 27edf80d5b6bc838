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

/** Fingerprints a text from `from` on, letter by letter; text is canonical (ASCII) already. */
export function fingerprintText(text: string, from: number, space: number): void {
  let high = begin(space)
  let low = begin(high)
  for (let index = from; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    high = Math.imul(high ^ code, 0x01000193)
    low = Math.imul(low ^ code, 0x5bd1e995)
    low ^= low >>> 15
  }
  finish(high, low)
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
