/** The truth file: which captures hold what, and who attacked whom in them. */
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { PicketError } from '../core/errors.ts'

const KINDS = ['attack', 'benign', 'mixed'] as const
const MAXIMUM_ROWS = 100_000

/** A row of the truth file, as far as it is read. */
export interface TruthRow {
  readonly name: string
  readonly file: string
  readonly kind: (typeof KINDS)[number]
  /** Sorts of attack, such as `portscan-syn`. */
  readonly attack_types?: readonly string[]
  readonly attacker_ips: readonly string[]
  readonly victim_ips: readonly string[]
  /** Domains of a tunnel or of command and control. */
  readonly domains?: readonly string[]
  readonly origin?: string
}

export interface LabelledCapture {
  readonly truth: TruthRow
  readonly path: string
}

/**
 * Reads a truth file and finds its captures in `capturesDir`, by their path or by their file name.
 *
 * Shape: a JSON array of `{name, file, kind, attacker_ips, victim_ips, …}`; other fields are ignored.
 * Errors: `ERR_TRAIN_INPUT` names what is missing or wrong, all missing captures at once.
 */
export function readTruth(truthFile: string, capturesDir: string): LabelledCapture[] {
  const rows = checkedRows(parsedFile(truthFile), truthFile)
  const captures = rows.map((truth) => ({ truth, path: capturePath(capturesDir, truth.file) }))
  const missing = captures.filter(({ path }) => !existsSync(path))
  if (missing.length > 0) {
    const names = missing.slice(0, 5).map(({ truth }) => truth.file)
    const more = missing.length > 5 ? ` and ${missing.length - 5} more` : ''
    throw new PicketError('ERR_TRAIN_INPUT', `captures are missing in ${capturesDir}: ${names.join(', ')}${more}`, {
      hint: 'name the folder that holds the files of the truth file with --captures',
    }) // prettier-ignore
  }
  return captures
}

/** Refuses a truth file that a model cannot be trained on. Errors: `ERR_TRAIN_INPUT`. */
export function requireBothKinds(captures: readonly LabelledCapture[], truthFile: string): void {
  for (const kind of ['attack', 'benign'] as const) {
    const isThere = captures.some(
      ({ truth }) => truth.kind === kind || (kind === 'attack' && truth.kind === 'mixed'),
    )
    if (!isThere) {
      throw new PicketError('ERR_TRAIN_INPUT', `${truthFile} names no ${kind} capture`, {
        hint: 'a model needs both attacks and ordinary traffic to learn from',
      })
    }
  }
}

function parsedFile(truthFile: string): unknown {
  try {
    return JSON.parse(readFileSync(truthFile, 'utf8'))
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const problem = code === undefined ? `is not JSON: ${message}` : `cannot be read: ${code}`
    throw new PicketError('ERR_TRAIN_INPUT', `the truth file ${truthFile} ${problem}`, {
      cause,
      hint: 'it is a JSON array of {"name", "file", "kind", "attacker_ips", "victim_ips"}',
    })
  }
}

function checkedRows(json: unknown, truthFile: string): TruthRow[] {
  if (!Array.isArray(json) || json.length > MAXIMUM_ROWS) {
    throw wrongRow(truthFile, 'is not a list of captures')
  }
  if (json.length === 0) throw wrongRow(truthFile, 'names no captures')
  json.forEach((row: unknown, index) => {
    const fault = rowFault(row)
    if (fault !== null) throw wrongRow(`${truthFile}[${index}]`, fault)
  })
  const rows = json as TruthRow[]
  refuseTwins(rows, truthFile)
  return rows
}

/** A capture that is told of twice would count twice, and one that is both an attack and benign teaches nothing. */
function refuseTwins(rows: readonly TruthRow[], truthFile: string): void {
  const names = new Map<string, number>()
  const benign = new Map<string, boolean>()
  for (const [index, { name, file, kind }] of rows.entries()) {
    const before = names.get(name)
    if (before !== undefined) {
      throw wrongRow(`${truthFile}[${index}]`, `has the name of row ${before}: ${shown(name)}`)
    }
    names.set(name, index)
    const isBenign = kind === 'benign'
    if ((benign.get(file) ?? isBenign) !== isBenign) {
      throw wrongRow(
        `${truthFile}[${index}]`,
        `calls ${kind} what another row does not: ${shown(file)}`,
      )
    }
    benign.set(file, isBenign)
  }
}

function rowFault(row: unknown): string | null {
  if (typeof row !== 'object' || row === null) return 'is not an object'
  const fields = row as Readonly<Record<string, unknown>>
  for (const field of ['name', 'file']) {
    if (typeof fields[field] !== 'string' || fields[field] === '')
      return `has ${faultOf(fields, field)}`
  }
  const { kind, origin } = fields
  if (!KINDS.some((known) => known === kind)) {
    return `has a kind that is not ${KINDS.join(', ')}: ${shown(kind)}`
  }
  for (const field of ['attacker_ips', 'victim_ips']) {
    if (!isTextList(fields[field])) return `has no list ${field}: it is ${shown(fields[field])}`
  }
  for (const field of ['attack_types', 'domains']) {
    if (fields[field] === undefined || isTextList(fields[field])) continue
    return `has ${field} that are no list of words: ${shown(fields[field])}`
  }
  if (origin !== undefined && typeof origin !== 'string') {
    return `has an origin that is not text: ${shown(origin)}`
  }
  return null
}

function faultOf(fields: Readonly<Record<string, unknown>>, field: string): string {
  const value = fields[field]
  return value === undefined ? `no ${field}` : `a ${field} that is no name: ${shown(value)}`
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing'
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function wrongRow(where: string, fault: string): PicketError {
  return new PicketError('ERR_TRAIN_INPUT', `${where} ${fault}`, {
    hint: 'each row needs name, file, kind (attack, benign or mixed), attacker_ips and victim_ips',
  })
}

function capturePath(capturesDir: string, file: string): string {
  const whole = join(capturesDir, file)
  return existsSync(whole) ? whole : join(capturesDir, basename(file))
}
