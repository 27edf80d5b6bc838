/** Tables with separators (RFC 4180): the column that is named, or the first that holds indicators. */
import { isRefusal, parseIndicators } from '../indicator.ts'
import type { FormatOptions, RawIndicator } from './raw-indicator.ts'

/** How many rows are looked at to find the column of indicators. */
const LOOKED_AT = 20

/** Remarks (`#`) are skipped, but for one that names the columns right above the first row. */
export function* readCsv(text: string, { column }: FormatOptions): Generator<RawIndicator> {
  const { rows, heading } = tableOf(text)
  const index = column === null ? likelyColumn(rows) : columnIndex(column, heading, rows[0])
  for (const { cells, at } of rows) {
    const cell = cells[index]?.trim() ?? ''
    if (cell !== '' && cells !== heading) yield { text: cell, at, validUntil: 0 }
  }
}

interface CsvRow {
  readonly cells: readonly string[]
  readonly at: number
}

function tableOf(text: string): {
  readonly rows: readonly CsvRow[]
  readonly heading: readonly string[] | null
} {
  const rows: CsvRow[] = []
  let remark: string | null = null
  let separator: string | null = null
  for (const [index, line] of text.split('\n').entries()) {
    const bare = line.replace(/\r$/, '')
    if (bare.trim() === '') continue
    if (bare.startsWith('#')) {
      if (rows.length === 0) remark = bare.slice(1).trim()
      continue
    }
    separator ??= separatorOf(bare)
    rows.push({ cells: cellsOf(bare, separator), at: index + 1 })
  }
  const first = rows[0]
  if (first === undefined || separator === null) return { rows, heading: null }
  if (!holdsIndicator(first.cells)) {
    return { rows: rows.slice(1), heading: first.cells }
  }
  return { rows, heading: remark === null ? null : cellsOf(remark, separator) }
}

/** Of the usual ones the one that occurs most. */
function separatorOf(line: string): string {
  const count = (mark: string): number => line.split(mark).length
  return [',', ';', '\t'].reduce((best, mark) => (count(mark) > count(best) ? mark : best))
}

function cellsOf(line: string, separator: string): readonly string[] {
  const cells: string[] = []
  let cell = ''
  let isQuoted = false
  for (let index = 0; index < line.length; index += 1) {
    const letter = line[index]!
    if (letter === '"') {
      if (isQuoted && line[index + 1] === '"') {
        cell += '"'
        index += 1
      } else {
        isQuoted = !isQuoted
      }
    } else if (letter === separator && !isQuoted) {
      cells.push(cell)
      cell = ''
    } else {
      cell += letter
    }
  }
  cells.push(cell)
  return cells
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
  for (const { cells } of rows.slice(0, LOOKED_AT)) {
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
