/** Where long results go: a file of the user's, or standard output; either says when it has room for more. */
import { open } from 'node:fs/promises'
import { PicketError } from '../../core/errors.ts'
import type { Terminal } from './terminal.ts'

export interface Output {
  /** Resolves once there is room for more; false when nobody reads any longer. Errors: `ERR_USAGE`. */
  write(text: string): Promise<boolean>
  close(): Promise<void>
}

/** Opens the file, which only its owner may read, or standard output where none is named. Errors: `ERR_USAGE`. */
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
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new PicketError('ERR_USAGE', `${path} cannot be written: ${reason}`, {
      cause,
      hint: 'name a file that you may write with --output',
    })
  }
}
