/** The unix socket of the local operator: made for its owner alone, and cleared away when nobody answers on it. */
import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { PicketError } from '../../core/errors.ts'
import { listening, listenError } from './bound.ts'

// sun_path of unix(7) holds 108 bytes with the closing zero.
const MAX_SOCKET_PATH_BYTES = 107

/** Binds the server to the socket, mode 0600. Errors: `ERR_API_LISTEN`. */
export async function listenUnix(server: Server, path: string): Promise<Server> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    throw new PicketError('ERR_API_LISTEN', `the socket path ${path} is too long for the system`, {
      hint: `choose a data folder whose path is shorter (--data-dir); ${MAX_SOCKET_PATH_BYTES} bytes at most`,
    })
  }
  await removeStaleSocket(path)
  try {
    await listening(server, () => {
      // The socket must never, not for a moment, be open to others: the mask holds while bind() runs.
      const maskBefore = process.umask(0o177)
      try {
        server.listen(path)
      } finally {
        process.umask(maskBefore)
      }
    })
    chmodSync(path, 0o600)
    return server
  } catch (cause) {
    throw listenError(path, cause)
  }
}

/** Removes a socket that an agent left behind; refuses when one answers or when it is no socket. */
async function removeStaleSocket(path: string): Promise<void> {
  const entry = lstatSync(path, { throwIfNoEntry: false })
  if (entry === undefined) return
  if (!entry.isSocket()) {
    throw new PicketError('ERR_API_LISTEN', `${path} is in the way: it is not a socket`, {
      hint: 'move it away, or choose another folder with --data-dir',
    })
  }
  if (await somebodyAnswers(path)) {
    throw new PicketError('ERR_API_LISTEN', `another agent answers on ${path}`, {
      hint: 'stop it first, or choose another folder with --data-dir',
    })
  }
  unlinkSync(path)
}

/** Says whether a process accepts connections on the unix socket. */
export function somebodyAnswers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // Refused: nobody has it open. Anything else (no permission, queue full) is somebody's.
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT')
    })
  })
}
