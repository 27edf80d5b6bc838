/** Tables with separators (RFC 4180): the column that is named, or the first that holds indicators. */
import { cellsOf, separatorOf } from '../../../core/text/csv-cells.ts'
import { isRefusal, parseIndicators } from '../indicator.ts'
import { linesOf, LONGEST_LINE } from './lines.ts'
import type { FormatOptions, RawIndicator } from './raw-indicator.ts'

/** How many rows are looked at to find the column of indicators. */
const LOOKED_AT = 21

/** Remarks (`#`) are skipped, but for one that names the columns right above the first row. */
export function* readCsv(text: string, { column }: FormatOptions): Generator<RawIndicator> {
  const reading: CsvReading = { remark: null, separator: null }
  const rows = rowsOf(text, reading)
  const first = take(rows, LOOKED_AT)
  const { heading, beginning } = headingOf(first, reading)
  const index =
    column === null ? likelyColumn(beginning) : columnIndex(column, heading, beginning[0])
  for (const row of beginning) yield* cellIn(row, index)
  for (const row of rows) yield* cellIn(row, index)
}

function* cellIn({ cells, at }: CsvRow, index: number): Generator<RawIndicator> {
  const isTooLong = cells[0]!.length > LONGEST_LINE
  const cell = (isTooLong ? cells[0]! : (cells[index] ?? '')).trim()
  if (cell !== '') yield { text: cell, at, validUntil: 0 }
}

interface CsvRow {
  readonly cells: readonly string[]
  readonly at: number
}

/** What the first lines have told. */
interface CsvReading {
  /** The remark right above the first row. */
  remark: string | null
  separator: string | null
}

function* rowsOf(text: string, reading: CsvReading): Generator<CsvRow> {
  for (const { line, at } of linesOf(text)) {
    if (line.trim() === '') continue
    if (line.startsWith('#')) {
      if (reading.separator === null) reading.remark = line.slice(1).trim()
      continue
    }
    reading.separator ??= separatorOf(line)
    // Too long to be looked into: refused whole, for its length.
    const isTooLong = line.length > LONGEST_LINE
    yield { cells: isTooLong ? [line] : cellsOf(line, reading.separator), at }
  }
}

function take(rows: Generator<CsvRow>, most: number): readonly CsvRow[] {
  const taken: CsvRow[] = []
  while (taken.length < most) {
    const next = rows.next()
    if (next.done) break
    taken.push(next.value)
  }
  return taken
}

function headingOf(
  rows: readonly CsvRow[],
  { remark, separator }: CsvReading,
): { readonly heading: readonly string[] | null; readonly beginning: readonly CsvRow[] } {
  const first = rows[0]
  if (first === undefined || separator === null) return { heading: null, beginning: rows }
  if (!holdsIndicator(first.cells)) return { heading: first.cells, beginning: rows.slice(1) }
  return { heading: remark === null ? null : cellsOf(remark, separator), beginning: rows }
}

const isIndicator = (cell: string): boolean => {
  const text = cell.trim()
  // A date, a number or a file's name may pass for a domain; an indicator in a table hardly does for those.
  if (/^\d{4}-\d\d-\d\d|^\d+(\.\d+)?$/.test(text)) return false
  return !isRefusal(parseIndicators(text))
}

const holdsIndicator = (cells: readonly string[]): boolean => cells.some(isIndicator)

function likelyColumn(rows: readonly CsvRow[]): number {
  const hits: number[] = []
  for (const { cells } of rows) {
    for (const [index, cell] of cells.entries()) {
      hits[index] = (hits[index] ?? 0) + (isIndicator(cell) ? 1 : 0)
    }
  }
  return hits.reduce((best, count, index) => (count > (hits[best] ?? 0) ? index : best), 0)
}

function columnIndex(
  column: string,
  heading: readonly string[] | null,
  first: CsvRow | undefined,
): number {
  if (/^[1-9]\d{0,3}$/.test(column)) return Number(column) - 1
  const names = (heading ?? []).map((name) => name.trim().toLowerCase())
  const index = names.indexOf(column.toLowerCase())
  if (index >= 0) return index
  const known = heading === null ? `${first?.cells.length ?? 0} unnamed columns` : names.join(', ')
  throw new SyntaxError(`there is no column "${column}" (there are: ${known})`)
}
