/** Where long results go: a file of the user's, or standard output; either says when it has room for more. */
import { open } from 'node:fs/promises'
import { PicketError } from '../../core/errors.ts'
import type { Terminal } from './terminal.ts'

export interface Output {
  /** Resolves once there is room for more; false when nobody reads any longer. Errors: as `unwritable`. */
  write(text: string): Promise<boolean>
  close(): Promise<void>
}

/** Opens the file, which only its owner may read, or standard output where none is named. Errors: as `unwritable`. */
export async function openOutput(path: string | undefined, terminal: Terminal): Promise<Output> {
  if (path === undefined) {
    return {
      write: (text) => (terminal.write(text), terminal.drained()),
      close: () => Promise.resolve(),
    }
  }
  const file = await orRefused(path, open(path, 'w', 0o600))
  return {
    async write(text) {
      await orRefused(path, file.writeFile(text))
      return true
    },
    close: () => orRefused(path, file.close()),
  }
}

async function orRefused<Result>(path: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (cause) {
    throw unwritable(path, cause, 'name a file that you may write with --output')
  }
}

/** With these another name is the cure. */
const WRONG_PLACE = new Set([
  ...['EACCES', 'EEXIST', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'ENOENT', 'ENOTDIR', 'EPERM', 'EROFS'],
])
const NO_ROOM = new Set(['EDQUOT', 'ENOSPC'])

/**
 * Says that results cannot be written, and what to do: `hint`, where they were to go to the wrong place.
 *
 * Gives: `ERR_USAGE` for a wrong place; `ERR_OUTPUT_WRITE` for a full disk, or one that fails.
 */
export function unwritable(path: string, cause: unknown, hint: string): PicketError {
  const { code = '', message = String(cause) } = cause as Partial<NodeJS.ErrnoException>
  const told = `${path} cannot be written: ${message}`
  if (WRONG_PLACE.has(code)) return new PicketError('ERR_USAGE', told, { cause, hint })
  const room = NO_ROOM.has(code) ? { hint: 'make room there, or write to another disk' } : {}
  return new PicketError('ERR_OUTPUT_WRITE', told, { cause, ...room })
}
