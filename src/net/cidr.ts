/** Address ranges in CIDR notation: parsing, canonical printing, membership. */
import { formatAddress, parseAddress, type IpAddress } from './address.ts'

export interface Cidr {
  /** The first address; host bits are zero. */
  readonly network: IpAddress
  /** Length of the prefix in bits, 0–32 or 0–128. */
  readonly prefix: number
}

/**
 * Reads `address/prefix`, or a bare address as a range of one; null when the text is neither.
 *
 * Host bits are cleared (`10.1.2.3/8` is `10.0.0.0/8`).
 */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf('/')
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (address === null) return null
  const bits = address.family === 4 ? 32 : 128
  if (slash < 0) return { network: address, prefix: bits }
  const prefixText = text.slice(slash + 1)
  if (!/^(0|[1-9]\d{0,2})$/.test(prefixText)) return null
  const prefix = Number(prefixText)
  if (prefix > bits) return null
  return { network: { family: address.family, words: maskedWords(address, prefix) }, prefix }
}

/** Gives every wider range that holds this one, the widest first. */
export function cidrsAround({ network, prefix }: Cidr): readonly Cidr[] {
  return Array.from({ length: prefix }, (_, wider) => ({
    network: { family: network.family, words: maskedWords(network, wider) },
    prefix: wider,
  }))
}

/** Prints the canonical form; a range of one address is printed as the bare address. */
export function formatCidr(cidr: Cidr): string {
  const isSingle = cidr.prefix === (cidr.network.family === 4 ? 32 : 128)
  const address = formatAddress(cidr.network)
  return isSingle ? address : `${address}/${cidr.prefix}`
}

/** Says whether the address lies in the range; never across families. */
export function cidrContains(cidr: Cidr, address: IpAddress): boolean {
  if (cidr.network.family !== address.family) return false
  return address.words.every(
    (word, index) => ((word ^ cidr.network.words[index]!) & mask(cidr, index)) === 0,
  )
}

/** Says whether the wider range holds all of the narrower one. */
export function cidrCovers(wider: Cidr, narrower: Cidr): boolean {
  return narrower.prefix >= wider.prefix && cidrContains(wider, narrower.network)
}

/** Says whether two ranges share at least one address. */
export function cidrOverlaps(one: Cidr, other: Cidr): boolean {
  const [wider, narrower] = one.prefix <= other.prefix ? [one, other] : [other, one]
  return cidrContains(wider, narrower.network)
}

function maskedWords(network: IpAddress, prefix: number): [number, number, number, number] {
  const masked = network.words.map((word, index) => (word & mask({ network, prefix }, index)) >>> 0)
  return masked as [number, number, number, number]
}

/** The bits of one of the four words that the prefix covers. */
function mask({ network, prefix }: Cidr, index: number): number {
  const skipped = network.family === 4 ? 96 : 0
  const kept = Math.min(32, Math.max(0, prefix + skipped - index * 32))
  return kept === 0 ? 0 : 0xffffffff << (32 - kept)
}
