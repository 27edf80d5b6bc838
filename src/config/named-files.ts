/** The files that a configuration names and nobody can read: said before the agent is started with it. */
import { accessSync, constants } from 'node:fs'

/** Keys that name a file to be read; besides these, all that end with `File`. */
const OF_THE_API = new Set(['api.tls.certificate', 'api.tls.key', 'api.tls.clientCa'])

/** Gives the path of each key, the file, and why it cannot be read by whoever asks. */
export function unreadableFiles(config: object): readonly string[] {
  return named(config, '').flatMap(({ path, file }) => {
    try {
      accessSync(file, constants.R_OK)
      return []
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      return [`${path}: ${file} ${code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`}`]
    }
  })
}

function named(value: unknown, path: string): readonly { path: string; file: string }[] {
  if (typeof value === 'string') {
    return OF_THE_API.has(path) || path.endsWith('File') ? [{ path, file: value }] : []
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    named(inner, path === '' ? key : `${path}.${key}`),
  )
}
