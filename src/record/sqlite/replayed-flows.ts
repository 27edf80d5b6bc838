/** Ranges of flow numbers that replayed captures got: sinks are not sent those. */
import type { ReadConnection } from './live-connection.ts'

/** Both ends inclusive. */
export interface NumberRange {
  readonly first: number
  readonly last: number
}

/** Prepares the look-up of the ranges that hold a number of a range, in order. */
export function replayedWithin(connection: ReadConnection): (range: NumberRange) => NumberRange[] {
  const select = connection.prepare(
    `SELECT first_flow AS first, first_flow + flows - 1 AS last FROM replayed_flows
     WHERE first_flow + flows > ? AND first_flow <= ? ORDER BY first_flow`,
  )
  return ({ first, last }) => select.all(first, last) as NumberRange[]
}

/** Counts the numbers of a range that no replayed capture got. */
export function countLive({ first, last }: NumberRange, replayed: readonly NumberRange[]): number {
  if (first > last) return 0
  const taken = replayed.map(
    (range) => Math.min(last, range.last) - Math.max(first, range.first) + 1,
  )
  return last - first + 1 - taken.reduce((sum, count) => sum + Math.max(0, count), 0)
}
