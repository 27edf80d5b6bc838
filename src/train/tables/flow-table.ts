/** Tables of labelled flows, beside captures: rows to learn from that were measured elsewhere. */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { cellsOf, separatorOf } from '../../core/text/csv-cells.ts'
import { PicketError } from '../../core/errors.ts'
import { FEATURE_COUNT, FEATURE_NAMES, storedValue } from '../../feature/index.ts'
import { TABLE_KINDS, type Cells, type TableKind } from './columns.ts'

const LARGEST_BYTES = 512 * 1024 * 1024
const LONGEST_LINE = 65_536
/** Sorts beyond these are one. */
const MOST_SORTS = 64
/** Values beyond what any flow has are mistakes, or worse. */
const GREATEST = 1e15

/** The rows of one sort of traffic, of one label; NaN stands for what the table does not tell. */
export interface TablePart {
  readonly name: string
  readonly label: 0 | 1
  readonly rows: Float64Array[]
}

/**
 * Reads a table of labelled flows: CSV or TSV with a heading, of features by Picket's names and units, or UNSW-NB15.
 *
 * `label` is 0 or 1, or benign, normal, attack or malicious. Empty cells and `-` tell nothing. Errors: `ERR_TRAIN_INPUT`
 * names file, line, column, value and what was expected.
 */
export function readFlowTable(path: string): readonly TablePart[] {
  const lines = linesOf(path)
  const heading = lines[0]
  if (heading === undefined) throw refusal(path, 'is empty', 'a heading and rows are expected')
  const separator = separatorOf(heading)
  const columns = cellsOf(heading, separator).map((cell) => cell.trim().toLowerCase())
  const kind = kindOf(path, columns)
  const parts = new Map<string, TablePart>()
  for (let at = 1; at < lines.length; at += 1) {
    const line = lines[at]!
    if (line.trim() === '') continue
    const place = `${path}:${at + 1}`
    if (line.length > LONGEST_LINE) throw refusal(place, `has ${line.length} characters`, `${LONGEST_LINE} are the most`) // prettier-ignore
    addRow(parts, rowOf(place, columns, cellsOf(line, separator)), { place, kind, path })
  }
  if (parts.size === 0) throw refusal(path, 'has a heading and no rows', 'give a table with flows')
  return [...parts.values()]
}

function linesOf(path: string): readonly string[] {
  try {
    const bytes = readFileSync(path)
    if (bytes.length > LARGEST_BYTES) throw refusal(path, `has ${bytes.length} bytes`, `${LARGEST_BYTES} are the most`) // prettier-ignore
    return bytes.toString('utf8').replace(/^\ufeff/, '').split(/\r?\n/) // prettier-ignore
  } catch (error) {
    if (error instanceof PicketError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new PicketError('ERR_TRAIN_INPUT', `the flow table ${path} cannot be read: ${why}`)
  }
}

function kindOf(path: string, columns: readonly string[]): TableKind {
  const kind = TABLE_KINDS.find((one) => one.columns.every((column) => columns.includes(column)))
  const isOwn = kind !== undefined && kind.columns.length === 1
  const known = FEATURE_NAMES.filter((name) => columns.includes(name.toLowerCase()))
  if (kind !== undefined && (!isOwn || known.length > 0)) return kind
  const shown = columns.slice(0, 6).join(', ').slice(0, 120)
  throw refusal(
    path,
    `has the columns ${shown}`,
    'expected are label and at least one feature (picket train --help), or those of UNSW-NB15',
  )
}

function rowOf(place: string, columns: readonly string[], cells: readonly string[]): Cells {
  if (cells.length !== columns.length) {
    throw refusal(place, `has ${cells.length} cells`, `the heading has ${columns.length}`)
  }
  return new Map(columns.map((column, at) => [column, cells[at]!.trim()]))
}

interface Place {
  readonly place: string
  readonly path: string
  readonly kind: TableKind
}

function addRow(parts: Map<string, TablePart>, cells: Cells, { place, path, kind }: Place): void {
  const label = labelOf(place, cells.get('label') ?? '')
  const number = (column: string): number => numberIn(place, column, cells.get(column) ?? '')
  const features = kind.featuresOf(number, (column) => cells.get(column) ?? '')
  const row = new Float64Array(FEATURE_COUNT)
  FEATURE_NAMES.forEach((name, at) => (row[at] = storedValue(at, features[name] ?? Number.NaN)))
  const sort = parts.size < MOST_SORTS ? (cells.get(kind.sortColumn) ?? '').slice(0, 64) : ''
  const key = `${label} ${sort}`
  let part = parts.get(key)
  if (part === undefined) {
    part = { name: `${basename(path)} ${sort || (label === 1 ? 'attack' : 'benign')}`, label, rows: [] } // prettier-ignore
    parts.set(key, part)
  }
  part.rows.push(row)
}

function labelOf(place: string, text: string): 0 | 1 {
  if (/^(?:0|benign|normal)$/i.test(text)) return 0
  if (/^(?:1|attack|malicious)$/i.test(text)) return 1
  throw refusal(place, `has the label "${text.slice(0, 40)}"`, '0, 1, benign or attack is expected')
}

function numberIn(place: string, column: string, text: string): number {
  if (text === '' || text === '-') return Number.NaN
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0 && value <= GREATEST) return value
  throw refusal(place, `has ${column} "${text.slice(0, 40)}"`, `a number from 0 to ${GREATEST} is expected`) // prettier-ignore
}

function refusal(place: string, what: string, hint: string): PicketError {
  return new PicketError('ERR_TRAIN_INPUT', `the flow table ${place} ${what}`, { hint })
}
