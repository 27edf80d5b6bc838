/** Where rules lie on disk: those shipped with Picket, and a folder of the user's own. */
import { readdirSync, readFileSync, statSync, type Stats } from 'node:fs'
import { join, relative } from 'node:path'
import { packagedFile } from '../../core/package-root.ts'
import type { SigmaConfig } from './config.ts'
import type { RuleText } from './rule-book.ts'
import type { RuleFault } from './source/fault.ts'

/** The rules that come with Picket. */
export const SHIPPED_RULES = 'deploy/rules'

const MOST_FILES = 1000
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
  for (const { file, shown, bytes } of ruleFiles(path, origin === 'shipped')) {
    const fault = (reason: string): unknown =>
      faults.push({ file: shown, line: 1, column: 1, reason })
    left -= bytes
    if (bytes > MOST_BYTES) fault(`is larger than ${MOST_BYTES} bytes`)
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
  return namesUnder(path)
    .filter((name) => /\.ya?ml$/i.test(name))
    .sort()
    .slice(0, MOST_FILES)
    .flatMap((name) => {
      const file = join(path, name)
      const found = statOf(file)
      const isRule = found !== null && found.isFile()
      return isRule ? [fileAt(file, isShipped ? relative(path, file) : file, found)] : []
    })
}

const fileAt = (
  file: string,
  shown: string,
  { size, mtimeMs }: { readonly size: number; readonly mtimeMs: number },
): RuleFile => ({ file, shown, bytes: size, changedMs: mtimeMs })

function namesUnder(path: string): string[] {
  try {
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
  } catch {
    // Gone, or not for us: the files that it had are then gone too, which the reload says.
    return []
  }
}

const statOf = (path: string): Stats | null => statSync(path, { throwIfNoEntry: false }) ?? null
