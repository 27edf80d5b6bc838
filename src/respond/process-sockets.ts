/** Which sockets processes hold, from /proc (proc(5)). */
import { readFileSync } from 'node:fs'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'

/** Titles read before others have their turn: some 3 ms. */
const TITLES_AT_ONCE = 200

/** Gives the pids of all processes that show. */
export async function processIds(): Promise<string[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
}

/**
 * Finds the processes whose title (`cmdline`) fits.
 *
 * Read in place, not by the thread pool: there each title takes four turns, and a block waited for them on a busy
 * host for up to half a second.
 */
export async function processesTitled(pattern: RegExp): Promise<string[]> {
  const found: string[] = []
  for (const [index, pid] of (await processIds()).entries()) {
    if (index % TITLES_AT_ONCE === TITLES_AT_ONCE - 1) await setImmediate()
    if (pattern.test(titleOf(pid))) found.push(pid)
  }
  return found
}

function titleOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    // Gone meanwhile, or closed to us.
    return ''
  }
}

/** Gives the inodes of a process's sockets; none where it is closed to us or gone. */
export async function socketsOf(pid: string): Promise<string[]> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder).catch(() => [])
  const links = await Promise.all(
    names.map((name) => readlink(`${folder}/${name}`).catch(() => '')),
  )
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [])
}

/** Processes come and go while they are read, and without root most are closed to us. */
export function readOrEmpty(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}
