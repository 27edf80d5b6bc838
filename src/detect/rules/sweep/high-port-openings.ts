/**
 * Roughly how many flows each source opens to high ports: what tells a peer-to-peer program, which knocks at
 * any port of many peers, from a sweep, which knocks at few ports.
 *
 * A fixed table of counters by hash; sources that share one are counted together, which only makes the
 * sweep detector more careful.
 */
import { mix } from '../state/pair-key.ts'

const PLACES = 65536
/** No shorter than a sweep may take to gather, so that both are counted over the same time. */
const PERIOD_US = 1_800_000_000
export const FIRST_HIGH_PORT = 1024

export class HighPortOpenings {
  #now = new Uint32Array(PLACES)
  #before = new Uint32Array(PLACES)
  #period = -1

  note(sourceKey: number, port: number, nowUs: number): void {
    if (port < FIRST_HIGH_PORT) return
    this.#turn(nowUs)
    this.#now[placeOf(sourceKey)]! += 1
  }

  /** Flows to high ports in this period of half an hour and the one before. */
  count(sourceKey: number, nowUs: number): number {
    this.#turn(nowUs)
    const place = placeOf(sourceKey)
    return this.#now[place]! + this.#before[place]!
  }

  #turn(nowUs: number): void {
    const period = Math.floor(nowUs / PERIOD_US)
    // A group is judged by when it was last seen, which may be before the period at hand.
    if (period === this.#period || period === this.#period - 1) return
    const spent = this.#before
    this.#before = this.#now
    this.#now = spent.fill(0)
    if (period !== this.#period + 1) this.#before.fill(0)
    this.#period = period
  }
}

function placeOf(sourceKey: number): number {
  return mix(0, sourceKey) & (PLACES - 1)
}
