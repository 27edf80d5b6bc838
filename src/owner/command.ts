/** Starts the few system programs that finding owners may need: `mount` for tracefs, `cat` to wait on it. */
import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import type { Readable } from 'node:stream'

/** Not `PATH`: the agent runs as root and must not be talked into another's `mount`. */
const FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'] as const
const TIMEOUT_MS = 5_000

export type Program = 'mount' | 'umount' | 'cat'
export type Reader = ChildProcessByStdio<null, Readable, null>

/** Gives the absolute path of the program, or null when it is not installed. */
export function findProgram(name: Program): string | null {
  for (const folder of FOLDERS) {
    try {
      accessSync(`${folder}/${name}`, constants.X_OK)
      return `${folder}/${name}`
    } catch {
      // Not here; the next folder may have it.
    }
  }
  return null
}

/** Runs a program to its end; resolves with what it said when it failed, null when it did not. */
export function runProgram(name: Program, args: readonly string[]): Promise<string | null> {
  const path = findProgram(name)
  if (path === null) return Promise.resolve(`${name} is not installed`)
  return new Promise((resolve) => {
    execFile(path, args, { timeout: TIMEOUT_MS, env: { LC_ALL: 'C' } }, (error, _, stderr) => {
      resolve(error === null ? null : stderr.trim().slice(0, 200) || error.message)
    })
  })
}

/** Starts `cat` on a file that always has more to come, until it is ended. */
export function startReader(cat: string, file: string): Reader {
  // In a group of its own, or a terminal's Ctrl-C would end it before the agent has stopped.
  const options = { cwd: '/', env: { LC_ALL: 'C' }, detached: true }
  return spawn(cat, [file], { ...options, stdio: ['ignore', 'pipe', 'ignore'] })
}
