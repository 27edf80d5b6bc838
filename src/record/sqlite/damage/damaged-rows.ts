/** Reads what can be read of a table some of whose pages are damaged. */
import { meansDamage, type Connection } from '../connection.ts'

/** So many failed looks at one table are enough: its root must be gone. */
const MAX_FAILURES = 5000
/** Beyond any row number that is given out. */
const NO_ROW = 2 ** 45

export type Row = Readonly<Record<string, unknown>> & { readonly rowid_: number }

/**
 * Gives every row that can be read, with its number as `rowid_`.
 *
 * A walk that meets a damaged page goes on by halves of the row numbers it had still before it, so that rows
 * behind the page are found by other ways down the tree.
 * The lower half goes first: above the highest number every look ends in the last page, which may be the damaged one.
 * Cost: some 50 µs a failed look; a lost page of n rows takes up to 2n of them.
 * Errors: SQLite's own that do not mean damage.
 */
export function* readableRows(
  connection: Connection,
  table: string,
  columns: readonly string[],
): Generator<Row> {
  const select = connection.prepare(
    `SELECT rowid AS rowid_, ${columns.map((name) => `"${name}"`).join(', ')} FROM "${table}"
     WHERE rowid >= ? AND rowid <= ? ORDER BY rowid DESC`,
  )
  const ranges: [number, number][] = [[0, NO_ROW]]
  let failures = 0
  while (ranges.length > 0 && failures < MAX_FAILURES) {
    const [first, last] = ranges.pop()!
    let before = last + 1
    try {
      for (const row of select.iterate(first, last) as IterableIterator<Row>) {
        before = row.rowid_
        yield row
      }
    } catch (cause) {
      if (!meansDamage(cause)) throw cause
      failures += 1
      // Unread are `first` to `before - 1`; of a single one nothing can be had.
      if (before - first < 2) continue
      const middle = first + Math.floor((before - first) / 2)
      ranges.push([middle, before - 1], [first, middle - 1])
    }
  }
}
