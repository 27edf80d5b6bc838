/** Sums of flows by group, of which so many are told apart and no more. */
import type { FlowSum } from '../../logs/flow-log.ts'

/** So many groups are told apart. */
export const MAX_GROUPS = 20_000

interface Sum {
  flows: number
  packets: number
  bytes: number
}

export class SumTable {
  readonly #sums = new Map<string, Sum>()
  #isFull = false

  /** Whether something was left out. */
  get isFull(): boolean {
    return this.#isFull
  }

  add(sums: readonly FlowSum[]): void {
    for (const { key, flows, packets, bytes } of sums) this.#count(key, flows, packets, bytes)
  }

  #count(key: string, flows: number, packets: number, bytes: number): void {
    const sum = this.#sums.get(key)
    if (sum !== undefined) {
      sum.flows += flows
      sum.packets += packets
      sum.bytes += bytes
    } else if (this.#sums.size < MAX_GROUPS) this.#sums.set(key, { flows, packets, bytes })
    else this.#isFull = true
  }

  items(): FlowSum[] {
    return [...this.#sums].map(([key, sum]) => ({ key, ...sum }))
  }
}
