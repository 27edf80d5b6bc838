/**
 * The folders of Picket's own trace buffers: made by the agent where it may, or prepared by an administrator
 * for an agent that runs without root (deploy/systemd/picket-processes.conf).
 */
import { mkdirSync, rmdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface TraceFolder {
  readonly path: string
  /** Removes it, if it was made; all its files must be closed. False for a prepared one, which stays. */
  remove(): boolean
}

/** Says whether there is such a path; unlike access(2), which asks for the real user without its capabilities. */
export function isThere(path: string): boolean {
  try {
    statSync(path)
    return true
  } catch {
    return false
  }
}

/**
 * Gives the folder with this suffix; an agent of root's never takes one that was prepared for another.
 *
 * Errors: what the file system says when tracing is not for us.
 */
export function ownTraceFolder(tracing: string, suffix: '' | '-bell'): TraceFolder {
  const prepared = join(tracing, 'instances', `picket${suffix}`)
  if (process.geteuid?.() !== 0 && isThere(prepared)) return { path: prepared, remove: () => false }
  const path = join(tracing, 'instances', `picket-${process.pid}${suffix}`)
  // Left by one that was killed and had the same number.
  if (isThere(path)) rmdirSync(path)
  mkdirSync(path)
  return {
    path,
    remove() {
      rmdirSync(path)
      return true
    },
  }
}
