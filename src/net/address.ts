/** IP addresses as integers: strict parsing, canonical printing (RFC 5952), no ambiguity let in. */

/** An address as four 32-bit words, most significant first; IPv4 sits in the last word alone. */
export interface IpAddress {
  readonly family: 4 | 6
  /** Unsigned 32-bit integers; for IPv4 the first three are 0. */
  readonly words: readonly [number, number, number, number]
}

/**
 * Reads an IPv4 or IPv6 address; null when the text is not exactly one.
 *
 * Leading zeros in IPv4 (`010.8.8.8`, octal to some readers), zones (`%eth0`), spaces and any other
 * ornament are refused. An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) becomes IPv4, since that is
 * what a packet filter sees on the wire.
 */
export function parseAddress(text: string): IpAddress | null {
  if (text.length > 45) return null
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

/** Prints the canonical form: dotted decimal, or RFC 5952 lower case with the longest zero run cut. */
export function formatAddress(address: IpAddress): string {
  const [a, b, c, d] = address.words
  return address.family === 4 ? formatIpv4Word(d) : formatIpv6Words(a, b, c, d)
}

/** Returns the canonical text of an address, or null when `text` is not one. */
export function canonicalAddress(text: string): string | null {
  const address = parseAddress(text)
  return address === null ? null : formatAddress(address)
}

/** Prints a 32-bit word (signed or unsigned) as dotted decimal. */
export function formatIpv4Word(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`
}

/** Prints four 32-bit words (signed or unsigned) as an IPv6 address (RFC 5952 §4). */
export function formatIpv6Words(a: number, b: number, c: number, d: number): string {
  const groups = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff]
  groups.push(c >>> 16, c & 0xffff, d >>> 16, d & 0xffff)
  const { start, length } = longestZeroRun(groups)
  const hex = groups.map((group) => group.toString(16))
  if (length < 2) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 0 }
  for (let start = 0; start < groups.length; start += 1) {
    let end = start
    while (end < groups.length && groups[end] === 0) end += 1
    if (end - start > best.length) best = { start, length: end - start }
    if (end > start) start = end
  }
  return best
}

const ZERO = '0'.charCodeAt(0)
/** As `digit` below. */
const DOT = '.'.charCodeAt(0) - ZERO
const NO_OCTET = -1

function parseIpv4(text: string): IpAddress | null {
  const word = parseIpv4Word(text)
  return word === null ? null : { family: 4, words: [0, 0, 0, word] }
}

function parseIpv4Word(text: string): number | null {
  let word = 0
  let octets = 0
  let octet = NO_OCTET
  for (let at = 0; at <= text.length; at += 1) {
    const digit = at === text.length ? DOT : text.charCodeAt(at) - ZERO
    if (digit === DOT) {
      if (octet === NO_OCTET) return null
      word = word * 256 + octet
      octets += 1
      octet = NO_OCTET
    } else {
      // A zero stands alone.
      if (digit < 0 || digit > 9 || octet === 0) return null
      octet = octet === NO_OCTET ? digit : octet * 10 + digit
      if (octet > 255) return null
    }
  }
  return octets === 4 ? word : null
}

function parseIpv6(text: string): IpAddress | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const head = parseGroups(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : []
  if (head === null || tail === null) return null
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  const word = (index: number): number => groups[index]! * 65536 + groups[index + 1]!
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return { family: 4, words: [0, 0, 0, word(6)] }
  }
  return { family: 6, words: [word(0), word(2), word(4), word(6)] }
}

function parseGroups(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === '') return []
  const parts = text.split(':')
  const groups: number[] = []
  for (const [index, part] of parts.entries()) {
    if (mayEndInIpv4 && index === parts.length - 1 && part.includes('.')) {
      const word = parseIpv4Word(part)
      if (word === null) return null
      groups.push(Math.floor(word / 65536), word % 65536)
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16))
    } else {
      return null
    }
  }
  return groups
}
