/** The names that one client was answered at length: the same few again and again, or ever new ones. */
import type { Row } from '../state/capped-table.ts'

/** Names told apart; beyond them it is clear which of the two it is. */
const MAX_NAMES = 64

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

  get isEverNew(): boolean {
    return this.#new > this.#asked * NEW_SHARE
  }
}
