/** Which number the next flow gets: none is ever given twice, even where retention has deleted all that had one. */
import type { Connection } from '../../sqlite/connection.ts'

export interface FlowNumbers {
  /** The number of the next flow. */
  next(): number
  /** So many flows got theirs; within the transaction that writes them. */
  take(flows: number): void
}

/** The numbers of the log, as its own table keeps them. */
export function storedNumbers(connection: Connection): FlowNumbers {
  const select = connection.prepare('SELECT next FROM flow_numbers').pluck()
  const add = connection.prepare('UPDATE flow_numbers SET next = next + ?')
  return { next: () => select.get() as number, take: (flows) => void add.run(flows) }
}

/** As `storedNumbers`, where the flows count as replayed too. */
export function replayedNumbers(connection: Connection): FlowNumbers {
  const numbers = storedNumbers(connection)
  const extend = connection.prepare(
    'UPDATE replayed_flows SET flows = flows + @flows WHERE first_flow + flows = @first',
  )
  const begin = connection.prepare('INSERT INTO replayed_flows VALUES (@first, @flows)')
  return {
    ...numbers,
    take(flows) {
      const range = { first: numbers.next(), flows }
      if (extend.run(range).changes === 0) begin.run(range)
      numbers.take(flows)
    },
  }
}
