/**
 * Tells equal passwords from different ones without keeping any: a 32-bit digest under a seed that this
 * process alone knows and that dies with it.
 *
 * A program with an old password offers the same one for days; a guesser never offers one twice.
 */
import { takeSeeds } from '../../../core/hash-seeds.ts'
import { byteAt, type Payload } from '../payload.ts'

let seed = 0
takeSeeds((draw) => (seed = draw()))
const LONGEST = 512

/** Digests the bytes between two places, signed; collisions only make two guesses one. */
export function secretDigest(payload: Payload, from: number, to: number): number {
  const end = Math.min(to, payload.payloadCaptured, from + LONGEST)
  let hash = seed
  for (let at = from; at < end; at += 1) hash = step(hash, byteAt(payload, at))
  return finish(hash)
}

/** Digests text as `secretDigest` digests bytes. */
export function secretDigestOf(text: string): number {
  let hash = seed
  for (let at = 0; at < text.length && at < LONGEST; at += 1) hash = step(hash, text.charCodeAt(at))
  return finish(hash)
}

/** FNV-1a's step. */
function step(hash: number, value: number): number {
  return Math.imul(hash ^ value, 0x01000193)
}

/** The seed once more: otherwise it is only a constant of the start. */
function finish(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16) ^ seed, 0x85ebca6b)
  return mixed ^ (mixed >>> 13)
}
