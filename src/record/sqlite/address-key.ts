/** Addresses as sortable keys, so that every CIDR range is one range of an index. */
import { formatAddress, parseAddress, type IpAddress } from '../../net/address.ts'
import type { Cidr } from '../../net/cidr.ts'

/** Both ends of a range of keys, inclusive. */
export interface KeyRange {
  readonly first: Buffer
  readonly last: Buffer
}

/**
 * Returns the key of an address: its family (4 or 6) in one byte, then its 4 or 16 bytes in network order.
 *
 * The family byte keeps the IPv6 address that begins with the bytes of 10.0.0.0/8 out of that range.
 */
export function addressKey(address: IpAddress): Buffer {
  return keyOf(address.family, address.words)
}

/** Returns the key of an address in text; null when it is not one. */
export function addressKeyOfText(text: string): Buffer | null {
  const address = parseAddress(text)
  return address === null ? null : addressKey(address)
}

/** Prints the address of a key in its canonical form. */
export function addressOfKey(key: Buffer): string {
  if (key[0] === 4) return formatAddress({ family: 4, words: [0, 0, 0, key.readUInt32BE(1)] })
  const word = (index: number): number => key.readUInt32BE(1 + index * 4)
  return formatAddress({ family: 6, words: [word(0), word(1), word(2), word(3)] })
}

/** Returns the keys of the first and the last address of a range. */
export function keyRange(cidr: Cidr): KeyRange {
  const { family, words } = cidr.network
  const skipped = family === 4 ? 96 : 0
  const last = words.map((word, index) => {
    const fixedBits = Math.min(32, Math.max(0, cidr.prefix + skipped - index * 32))
    return fixedBits === 32 ? word : (word | (0xffffffff >>> fixedBits)) >>> 0
  })
  return { first: keyOf(family, words), last: keyOf(family, last) }
}

function keyOf(family: 4 | 6, words: readonly number[]): Buffer {
  const key = Buffer.allocUnsafe(family === 4 ? 5 : 17)
  key[0] = family
  for (let index = family === 4 ? 3 : 0, at = 1; index < 4; index += 1, at += 4) {
    key.writeUInt32BE(words[index]!, at)
  }
  return key
}
