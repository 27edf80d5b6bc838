/** Binding a server to its place, with the failure told in words. */
import type { Server } from 'node:http'
import { PicketError } from '../../core/errors.ts'

/** Resolves when the server listens. */
export function listening(server: Server, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => {
      server.off('error', reject)
      resolve()
    })
    start()
  })
}

/** Says why a place could not be had, and what to do. */
export function listenError(where: string, cause: unknown): PicketError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause)
  const hint =
    code === 'EADDRINUSE'
      ? 'another program (perhaps another agent) has it; stop that or set api.port to a free port (0 takes any)'
      : 'check the permissions of the data folder and the values of api.host and api.port'
  return new PicketError('ERR_API_LISTEN', `the API cannot listen on ${where}: ${code}`, {
    cause,
    hint,
  })
}
