/** Addresses as single numbers, to key maps by. */
import { seedsFrom, takeSeeds } from '../core/hash-seeds.ts'

const IPV6_BASE = 2 ** 32
const UPPER_BITS = 0xf_ffff

/** One set of seeds a process: keys are equal across tables and detectors of one sensor. */
const seeds = new Int32Array(4)
takeSeeds((draw) => seeds.set(seedsFrom(draw(), seeds.length)))

/**
 * Returns the key of an address given as words: the unsigned address for IPv4, 2^32 plus 52 bits of a
 * seeded hash for IPv6.
 *
 * With 52 bits a collision among a million IPv6 addresses has a chance of one in ten thousand.
 */
export function addressKey(
  ipVersion: number,
  words: readonly [number, number, number, number],
): number {
  return ipVersion === 4 ? words[3] >>> 0 : ipv6Key(words[0], words[1], words[2], words[3])
}

/** Says whether the key is that of an IPv6 address, of which it is a hash. */
export function isIpv6Key(key: number): boolean {
  return key >= IPV6_BASE
}

/** Returns the key of an IPv6 address; as `addressKey`, without the array. */
export function ipv6Key(word0: number, word1: number, word2: number, word3: number): number {
  let one = Math.imul(word0 ^ seeds[0]!, seeds[1]! | 1)
  let other = Math.imul(word3 ^ seeds[2]!, seeds[3]! | 1)
  one = Math.imul((one ^ (one >>> 15)) + word1, seeds[2]! | 1)
  other = Math.imul((other ^ (other >>> 16)) + word2, seeds[1]! | 1)
  one = Math.imul((one ^ (one >>> 13)) + word2, seeds[3]! | 1)
  other = Math.imul((other ^ (other >>> 14)) + word1, seeds[0]! | 1)
  one = Math.imul((one ^ (one >>> 16)) + word3, seeds[0]! | 1)
  other = Math.imul((other ^ (other >>> 15)) + word0, seeds[2]! | 1)
  one ^= one >>> 15
  other ^= other >>> 13
  return IPV6_BASE + (one >>> 0) + (other & UPPER_BITS) * IPV6_BASE
}
