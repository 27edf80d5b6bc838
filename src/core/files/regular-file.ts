/** Reads small files that a configuration names: whoever opens a pipe waits for its writer, and a device has no end. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'

/** Far above any key, token or list of authorities. */
const LARGEST_BYTES = 4 * 1024 * 1024

/** Gives the file's text. Errors: those of the file system, and for what is no regular file or too large. */
export function readRegularFile(path: string): string {
  // What is looked at is what is read, whatever is put in its place meanwhile.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(descriptor)
    if (!stats.isFile()) throw new Error('it is not a regular file')
    if (stats.size > LARGEST_BYTES) throw new Error(`it has more than ${LARGEST_BYTES} bytes`)
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}
