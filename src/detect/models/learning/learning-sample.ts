/**
 * What is being learned of a host, as a file: a restart goes on with it, so that a host which is restarted daily is
 * learned all the same. Checked strictly when read, as a model is.
 */
import { FEATURE_COUNT } from '../../../feature/index.ts'
import { checkedFields, invalidFile, versionFields } from '../stored/model-file.ts'
import type { KeptRows } from './baseline.ts'

const FORMAT = 'picket-learning-sample'
const ROW_BYTES = FEATURE_COUNT * Float32Array.BYTES_PER_ELEMENT
/** As `baselineFlows` at most. */
const MOST_ROWS = 200_000
const MOST_MINUTES = 1e9
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** What a host has been seen to do since the model in force was grown. */
export interface LearningSample extends KeptRows {
  /** Of the model in force; 0 while there is none. */
  readonly modelVersion: number
  /** When the first flow came, µs since the epoch; null where that is not known. */
  readonly sinceUs: number | null
}

/** Renders a sample as the text of its file: some 5 MB for 20,000 flows, in 10 ms. */
export function formatSample({ rows, ...facts }: LearningSample): string {
  const bytes = Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength)
  return `${JSON.stringify({ ...versionFields(FORMAT), ...facts, rows: bytes.toString('base64') })}\n`
}

/** Reads the text of a sample's file. Errors: as `parseModel`. */
export function parseSample(text: string, name: string): LearningSample {
  const fields = checkedFields(text, name, FORMAT)
  const number = (field: string, most: number): number => {
    const value = fields[field]
    if (typeof value === 'number' && value >= 0 && value <= most) return value
    throw invalidFile(name, `${field} is not a number from 0 to ${most}`)
  }
  const rows = rowsOf(fields['rows'], name)
  const seen = number('seen', Number.MAX_SAFE_INTEGER)
  if (seen < rows.length / FEATURE_COUNT) throw invalidFile(name, 'seen is less than its rows')
  return {
    modelVersion: number('modelVersion', 1e9),
    sinceUs: fields['sinceUs'] === null ? null : number('sinceUs', Number.MAX_SAFE_INTEGER),
    seen,
    minutes: number('minutes', MOST_MINUTES),
    rows,
  }
}

function rowsOf(value: unknown, name: string): Float32Array {
  if (typeof value !== 'string' || !BASE64.test(value)) {
    throw invalidFile(name, 'rows is not base64')
  }
  const bytes = Buffer.from(value, 'base64')
  if (bytes.length % ROW_BYTES !== 0 || bytes.length > MOST_ROWS * ROW_BYTES) {
    throw invalidFile(name, `rows is not at most ${MOST_ROWS} rows of ${ROW_BYTES} bytes`)
  }
  // A copy, since what base64 decodes to need not begin where floats may.
  const rows = new Float32Array(new Uint8Array(bytes).buffer)
  if (!rows.every(Number.isFinite))
    throw invalidFile(name, 'rows holds a number that is not finite')
  return rows
}
