/** Integer hashes for the tables of the detectors; seeded, so that nobody can aim at one bucket. */
import { takeSeeds } from '../../../core/hash-seeds.ts'

let seed = 0
takeSeeds((draw) => (seed = draw()))

/** Mixes a value of up to 53 bits into a running 32-bit hash (the finaliser of MurmurHash3). */
export function mix(hash: number, value: number): number {
  let h = hash ^ (value | 0) ^ ((value / 4294967296) | 0)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** Hashes two keys to 32 bits, signed. */
export function pairHash(one: number, other: number): number {
  return mix(Math.imul(mix(seed, one), 0x9e3779b1), other)
}

/** Gives two keys and a small number one 52-bit key to key a Map by; collisions are for the birds. */
export function pairKey(one: number, other: number, salt: number): number {
  const high = mix(pairHash(one, other), salt)
  const low = mix(Math.imul(high, 0x9e3779b1) ^ seed, other + one * 3)
  return (high >>> 0) * 1048576 + (low >>> 12)
}
