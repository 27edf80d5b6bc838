/** A layer of Picket under fuzz: rounds that are the same whenever their seed is. */
import { seededRandom } from '../support/seeded-random.ts'

export type Random = (bound: number) => number

export interface Layer {
  readonly name: string
  /** Plays one round and returns how many frames it took; throws what is to be reported. */
  round(random: Random): number | Promise<number>
  /** Figures worth telling at the end. */
  figures?(): Promise<string>
}

/** What Picket must never do, as the fuzz found it. */
export class Violation extends Error {}

/** Gives round `number` of a layer its own random numbers. */
export function roundRandom(seed: number, layer: string, round: number): Random {
  let mixed = seed | 0
  for (const letter of layer) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x01000193)
  return seededRandom(Math.imul(mixed, 0x9e3779b1) + Math.imul(round, 0x85ebca6b))
}
