/** Files of the record: the log tells who spoke to whom, so only its owner may read it. */
import { chmodSync, chownSync, closeSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a file where there is none, and keeps it from others than the folder's owner.
 *
 * Root makes it for that owner: as whom the service runs, it could else not open what a command of root's made.
 * Errors: what the file system says.
 */
export function makePrivateFile(path: string): void {
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(dirname(path))
  chownSync(path, uid, gid)
}
