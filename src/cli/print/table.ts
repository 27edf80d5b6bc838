/** Tables for people: aligned columns that fit the terminal. */
import { printable } from './printable.ts'
import type { Terminal } from './terminal.ts'

export interface Column<Row> {
  readonly title: string
  readonly text: (row: Row) => string
  readonly align?: 'right'
  /** Where space is short this column goes onto a line of its own below the row. */
  readonly mayWrap?: boolean
}

const GAP = '  '
const INDENT = '    '
const MIN_LAST_WIDTH = 40

/** Prints the rows under their titles; nothing at all when there are none. */
export function printTable<Row>(
  terminal: Terminal,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): void {
  if (rows.length === 0) return
  const titles = columns.map((column) => column.title)
  const cells = rows.map((row) => columns.map((column) => printable(column.text(row))))
  const widths = titles.map((title, index) =>
    Math.max(title.length, ...cells.map((row) => lengthOf(row[index]!))),
  )
  const width = terminal.columns ?? Number.POSITIVE_INFINITY
  const left = width - widths.slice(0, -1).reduce((sum, one) => sum + one + GAP.length, 0)
  const isCrowded =
    columns.at(-1)!.mayWrap === true && left < Math.min(widths.at(-1)!, MIN_LAST_WIDTH)
  // Where not even the others fit, the terminal breaks the lines: nothing that was asked for is left out.
  const needed = isCrowded ? -GAP.length : columns.at(-1)!.mayWrap === true ? 0 : widths.at(-1)!
  const limit = left < needed ? Number.POSITIVE_INFINITY : width
  for (const row of [titles, ...cells]) {
    const shown = isCrowded ? row.slice(0, -1) : row
    const line = shown.map((text, index) => pad(text, widths[index]!, columns[index]!)).join(GAP)
    terminal.write(`${cut(line.trimEnd(), limit)}\n`)
    if (isCrowded && row !== titles) terminal.write(`${cut(INDENT + row.at(-1)!, limit)}\n`)
  }
}

/** Prints names and values below each other, as the detail view of one thing. */
export function printFields(
  terminal: Terminal,
  fields: readonly (readonly [string, string])[],
): void {
  const width = Math.max(...fields.map(([name]) => name.length))
  for (const [name, value] of fields) {
    terminal.write(`${name.padEnd(width)}${GAP}${printable(value)}\n`)
  }
}

function pad<Row>(text: string, width: number, column: Column<Row>): string {
  const padding = ' '.repeat(Math.max(0, width - lengthOf(text)))
  return column.align === 'right' ? padding + text : text + padding
}

function cut(line: string, width: number): string {
  return lengthOf(line) <= width ? line : `${[...line].slice(0, width - 1).join('')}…`
}

const lengthOf = (text: string): number => [...text].length
