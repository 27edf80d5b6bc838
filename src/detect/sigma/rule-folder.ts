/** Where rules lie on disk: those shipped with Picket, and a folder of the user's own. */
import { readdirSync, readFileSync, realpathSync, statSync, type Stats } from 'node:fs'
import { join, relative } from 'node:path'
import { packagedFile } from '../../core/files/package-root.ts'
import type { SigmaConfig } from './config.ts'
import type { RuleText } from './rule-book.ts'
import type { RuleFault } from './source/fault.ts'

/** The rules that come with Picket. */
export const SHIPPED_RULES = 'deploy/rules'

const MOST_FILES = 1000
/** So many more are named as left out. */
const MOST_LEFT_OUT = 1000
/** A link may lead to a whole disk, and the folder is looked at every second. */
const MOST_FOLDERS = 1000
const MOST_BYTES = 262_144
const MOST_BYTES_OF_ALL = 16_777_216

export interface ReadRules {
  readonly texts: readonly RuleText[]
  /** Files that could not be read. */
  readonly faults: readonly RuleFault[]
}

/** Says which folder holds the user's rules. */
export function rulesFolder(config: SigmaConfig, dataDirectory: string): string {
  return config.folder ?? join(dataDirectory, 'rules')
}

/** Reads the shipped rules and the user's. Errors: never throws; what cannot be read is a fault. */
export function readRules(config: SigmaConfig, dataDirectory: string): ReadRules {
  const shipped = readFolder(packagedFile(SHIPPED_RULES), 'shipped')
  const own = readFolder(rulesFolder(config, dataDirectory), 'user')
  return { texts: [...shipped.texts, ...own.texts], faults: [...shipped.faults, ...own.faults] }
}

/** Reads one file, or every rule file under a folder; a folder that is not there has none. */
export function readFolder(path: string, origin: RuleText['origin']): ReadRules {
  const texts: RuleText[] = []
  const faults: RuleFault[] = []
  let left = MOST_BYTES_OF_ALL
  for (const [index, { file, shown, bytes }] of ruleFiles(path, origin === 'shipped').entries()) {
    const fault = (reason: string): unknown =>
      faults.push({ file: shown, line: 1, column: 1, reason })
    left -= bytes
    if (index >= MOST_FILES) fault(`is left out: there are more than ${MOST_FILES} files`)
    else if (bytes > MOST_BYTES) fault(`is larger than ${MOST_BYTES} bytes`)
    else if (left < 0) fault(`is left out: the rules are larger than ${MOST_BYTES_OF_ALL} bytes`)
    else {
      try {
        texts.push({ file: shown, origin, text: readFileSync(file, 'utf8') })
      } catch (error) {
        fault(`cannot be read: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
  return { texts, faults }
}

/** Changes whenever a rule file under the folder does: names, sizes and times of change. */
export function folderState(path: string): string {
  return ruleFiles(path)
    .map(({ shown, bytes, changedMs }) => `${shown} ${bytes} ${changedMs}`)
    .join('\n')
}

interface RuleFile {
  readonly file: string
  /** As it is named in faults: by its whole path, or where it is shipped by its name. */
  readonly shown: string
  readonly bytes: number
  readonly changedMs: number
}

function ruleFiles(path: string, isShipped = false): readonly RuleFile[] {
  const root = statOf(path)
  if (root === null) return []
  if (root.isFile()) return [fileAt(path, path, root)]
  const files: RuleFile[] = []
  addFilesUnder(path, new Set(), files)
  if (!isShipped) return files
  return files.map((found) => ({ ...found, shown: relative(path, found.file) }))
}

/**
 * Links are followed, each folder once. Hidden names are passed over: editors keep unfinished files under them,
 * and a mounted ConfigMap every rule a second time.
 */
function addFilesUnder(folder: string, seen: Set<string>, files: RuleFile[]): void {
  for (const name of namesIn(folder, seen)) {
    if (files.length >= MOST_FILES + MOST_LEFT_OUT) return
    const file = join(folder, name)
    const found = name.startsWith('.') ? null : statOf(file)
    if (found === null) continue
    if (found.isDirectory()) addFilesUnder(file, seen, files)
    else if (found.isFile() && /\.ya?ml$/i.test(name)) files.push(fileAt(file, file, found))
  }
}

const fileAt = (
  file: string,
  shown: string,
  { size, mtimeMs }: { readonly size: number; readonly mtimeMs: number },
): RuleFile => ({ file, shown, bytes: size, changedMs: mtimeMs })

function namesIn(folder: string, seen: Set<string>): readonly string[] {
  try {
    const real = realpathSync(folder)
    if (seen.has(real) || seen.size >= MOST_FOLDERS) return []
    seen.add(real)
    return readdirSync(folder).sort()
  } catch {
    // Gone, or not for us: the files that it had are then gone too, which the reload says.
    return []
  }
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path)
  } catch {
    // Gone, a link that leads nowhere or to itself, or not for us.
    return null
  }
}
