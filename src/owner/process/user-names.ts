/** The names of users, from /etc/passwd, read again when it has changed. */
import { readFileSync, statSync } from 'node:fs'

const LOOK_EVERY_MS = 5_000
/** A directory of users that somebody exported there; beyond this names are left out. */
const MOST_USERS = 100_000

export class UserNames {
  readonly #path: string
  #names = new Map<number, string>()
  #changedMs = -1
  #lookedAtMs = -Infinity

  constructor(path = '/etc/passwd') {
    this.#path = path
  }

  /** Gives the name of a user of this host; null when only the number is known. */
  nameOf(uid: number): string | null {
    const nowMs = performance.now()
    if (nowMs - this.#lookedAtMs >= LOOK_EVERY_MS) {
      this.#lookedAtMs = nowMs
      this.#look()
    }
    return this.#names.get(uid) ?? null
  }

  #look(): void {
    try {
      const { mtimeMs } = statSync(this.#path)
      if (mtimeMs === this.#changedMs) return
      this.#names = namesByUid(readFileSync(this.#path, 'utf8'))
      this.#changedMs = mtimeMs
    } catch {
      // Being replaced, or hidden: the names known so far stay.
    }
  }
}

/** Source: passwd(5). Of two names for one number the first counts, as with getpwuid. */
export function namesByUid(passwd: string): Map<number, string> {
  const names = new Map<number, string>()
  for (const line of passwd.split('\n')) {
    const [name = '', , uid = ''] = line.split(':')
    if (!/^[\w.@$-]{1,64}$/.test(name) || !/^\d{1,10}$/.test(uid)) continue
    if (!names.has(Number(uid))) names.set(Number(uid), name)
    if (names.size >= MOST_USERS) break
  }
  return names
}
