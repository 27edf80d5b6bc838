/** Files of the record: the log tells who spoke to whom, so only its owner may read it. */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  openSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { PicketError } from '../../core/errors.ts'

/** Whoever may write to the folder must not have root change or give away another file by a link, nor wait at a pipe. */
const FLAGS =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  constants.O_NOFOLLOW |
  constants.O_NONBLOCK

/** Makes a file as `openPrivateFile` does. */
export function makePrivateFile(path: string): void {
  closeSync(openPrivateFile(path))
}

/**
 * Opens a file to append to it, making it where there is none, and keeps it from others than the folder's owner.
 *
 * Root makes it for that owner: as whom the service runs, it could else not open what a command of root's made.
 * Errors: what the file system says; `ERR_RECORD_OPEN` for what is no file of its own.
 */
export function openPrivateFile(path: string): number {
  const file = opened(path)
  try {
    if (!fstatSync(file).isFile()) throw notOwn(path)
    fchmodSync(file, 0o600)
    if (process.getuid?.() === 0) {
      const { uid, gid } = statSync(dirname(path))
      fchownSync(file, uid, gid)
    }
    return file
  } catch (cause) {
    closeSync(file)
    throw cause
  }
}

function opened(path: string): number {
  try {
    return openSync(path, FLAGS, 0o600)
  } catch (cause) {
    // A link, and a pipe without a reader.
    const { code } = cause as NodeJS.ErrnoException
    throw code === 'ELOOP' || code === 'ENXIO' ? notOwn(path) : cause
  }
}

function notOwn(path: string): PicketError {
  return new PicketError('ERR_RECORD_OPEN', `${path} is a link, or no file`, {
    hint: 'remove it, and see who may write to the data folder; to keep the log elsewhere, set record.dir',
  })
}
