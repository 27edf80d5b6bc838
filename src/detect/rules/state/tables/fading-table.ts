/** A capped table that keeps itself in step with packet time. */
import type { Memory } from '../../../detector.ts'
import { CappedTable, type Row } from './capped-table.ts'

/**
 * A row without a sign of life for `afterUs` leaves as an evicted one does, and so do all when the capture ends:
 * each is given to `onLeft`.
 */
export class FadingTable<Value extends Row> extends CappedTable<Value> implements Memory {
  readonly #afterUs: number
  readonly #onLeft: (row: Value) => void

  constructor(cap: number, afterUs: number, onLeft: (row: Value) => void = () => undefined) {
    super(cap, onLeft)
    this.#afterUs = afterUs
    this.#onLeft = onLeft
  }

  tick(nowUs: number): void {
    this.expire(nowUs - this.#afterUs, this.#onLeft)
  }

  end(): void {
    this.expire(Number.POSITIVE_INFINITY, this.#onLeft)
  }
}
