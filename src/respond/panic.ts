/** The panic switch: a file in the data folder that holds off every block, whoever the agent is and whatever it knows. */
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

const FILE = 'panic.json'
const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants

/** Who pulled it and when, for those who find it. */
export interface Panic {
  readonly by: string
  readonly sinceMs: number
}

/** A file, not a row: it works when the record is damaged, the disk full of it, or the agent hung. */
export class PanicSwitch {
  readonly #path: string
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
    this.#path = join(directory, FILE)
  }

  get isOn(): boolean {
    return existsSync(this.#path)
  }

  /** Says who pulled it; null while it is off. */
  read(): Panic | null {
    if (!this.isOn) return null
    try {
      const { by, since } = JSON.parse(readFileSync(this.#path, 'utf8')) as Record<string, unknown>
      return { by: String(by), sinceMs: Date.parse(String(since)) }
    } catch {
      // Whatever it holds, it is there.
      return { by: 'unknown', sinceMs: Number.NaN }
    }
  }

  /** Turns it on. Errors: what the file system says. */
  pull(by: string, nowMs: number): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    const text = JSON.stringify({ by, since: new Date(nowMs).toISOString() })
    try {
      // A link that somebody laid there must not have root write to another file.
      if (lstatSync(this.#path, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(this.#path)
      const file = openSync(this.#path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600)
      try {
        writeSync(file, `${text}\n`)
      } finally {
        closeSync(file)
      }
    } catch (error) {
      // A full disk mostly has room for an empty file, and that is on too.
      if (!this.isOn) throw error
    }
  }

  /** Turns it off; false when it was off. */
  end(): boolean {
    const wasOn = this.isOn
    rmSync(this.#path, { force: true })
    return wasOn
  }
}
