/** What one client asked for: the same few things again and again, or ever new ones. */
import type { Row } from '../state/tables/capped-table.ts'

/** Names told apart; beyond them it is clear which of the two it is. */
const MAX_NAMES = 64

/** A forger has one question, or a handful; who watches a device has one for each of its tables and rows. */
const FEW = 4

/** Ever new where more than this share were not asked before. */
const NEW_SHARE = 0.5

export class AskedNames implements Row {
  lastUs: number
  readonly #names = new Set<number>()
  #asked = 0
  #new = 0

  constructor(nowUs: number) {
    this.lastUs = nowUs
  }

  add(nameHash: number, nowUs: number): void {
    this.lastUs = Math.max(this.lastUs, nowUs)
    this.#asked += 1
    if (this.#names.has(nameHash)) return
    this.#new += 1
    if (this.#names.size >= MAX_NAMES) this.#names.clear()
    this.#names.add(nameHash)
  }

  get isOfFew(): boolean {
    return this.#new <= FEW
  }

  get isEverNew(): boolean {
    return this.#new > this.#asked * NEW_SHARE
  }
}
