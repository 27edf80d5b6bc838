/** Who attacked whom, as a truth file says it: addresses, ranges, and notes where nobody can be listed. */
import { formatIpv4Word, parseAddress } from '../../net/address.ts'
import { cidrContains, parseCidr, type Cidr } from '../../net/cidr.ts'

/** The parties of one side. */
export interface PartyList {
  readonly ranges: readonly Cidr[]
  /** The list ends in words: "(many reflectors)", "(others)". */
  readonly hasUnlisted: boolean
  /** Entries that begin like an address and are none. */
  readonly unread: readonly string[]
}

/**
 * Reads entries such as `192.0.2.7`, `10.0.0.0/24 hosts` and `149.171.126.10-19`; words in brackets, or
 * without any digit in front, are notes.
 */
export function readParties(texts: readonly string[]): PartyList {
  const ranges: Cidr[] = []
  const unread: string[] = []
  let hasUnlisted = false
  for (const text of texts) {
    const [word = ''] = text.trim().split(/\s/)
    const found = rangesOf(word)
    ranges.push(...found)
    if (found.length > 0) continue
    if (/^[0-9a-f]*[.:]/i.test(word)) unread.push(text)
    else hasUnlisted = true
  }
  return { ranges, hasUnlisted, unread }
}

/** Says whether the address, as text, is one of the list. */
export function isListed({ ranges }: Pick<PartyList, 'ranges'>, text: string | null): boolean {
  const address = text === null ? null : parseAddress(text)
  return address !== null && ranges.some((range) => cidrContains(range, address))
}

function rangesOf(word: string): Cidr[] {
  const cidr = parseCidr(word)
  return cidr === null ? spanOf(word) : [cidr]
}

/** `192.0.2.10-19`: the hosts from one last part to another. */
function spanOf(word: string): Cidr[] {
  const [, first = '', lastPart = ''] = /^(\d+\.\d+\.\d+\.\d+)-(\d{1,3})$/.exec(word) ?? []
  const from = parseAddress(first)
  if (from === null || Number(lastPart) > 255) return []
  const [, , , start] = from.words
  const end = start - (start % 256) + Number(lastPart)
  const count = Math.max(0, end - start + 1)
  return Array.from({ length: count }, (_, index) => parseCidr(formatIpv4Word(start + index))!)
}
