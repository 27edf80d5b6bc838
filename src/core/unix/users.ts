/** Users of this host, as its own table names them, and what they may read. */
import { closeSync, openSync, readFileSync } from 'node:fs'

export interface UnixUser {
  readonly uid: number
  /** Of the primary group. */
  readonly gid: number
}

/** Finds a user in `/etc/passwd`; null when there is none of this name. Source: passwd(5). */
export function userNamed(name: string): UnixUser | null {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  const fields = lines.map((line) => line.split(':')).find(([known]) => known === name)
  return fields === undefined ? null : { uid: Number(fields[2]), gid: Number(fields[3]) }
}

/** Gives the first of the files that the user may not read, null when all can be. For root alone. */
export function unreadableBy({ uid, gid }: UnixUser, files: readonly string[]): string | null {
  const groups = process.getgroups!()
  process.setgroups!([gid])
  process.setegid!(gid)
  process.seteuid!(uid)
  try {
    return files.find((file) => !mayRead(file)) ?? null
  } finally {
    process.seteuid!(0)
    process.setegid!(0)
    process.setgroups!(groups)
  }
}

function mayRead(path: string): boolean {
  try {
    // access(2) would ask for the real user, which is still root.
    closeSync(openSync(path, 'r'))
    return true
  } catch {
    return false
  }
}
