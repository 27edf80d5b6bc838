/** Datagrams to a unix socket by its path: unix-dgram's home, since Node.js itself has streams only. */
import { once } from 'node:events'
import { getSystemErrorName } from 'node:util'
import type { createSocket, UnixDatagramSocket } from 'unix-dgram'

const CONGESTED = 1

/** A socket that sends to one receiver, from `open` until `close`. */
export class UnixDatagram {
  readonly #socket: UnixDatagramSocket

  private constructor(socket: UnixDatagramSocket) {
    this.#socket = socket
  }

  /**
   * Connects to the socket at `path`, which is a path in the file system: the addon knows no abstract names.
   *
   * Errors: rejects with a plain `Error` whose message says what is wrong with it.
   */
  static async open(path: string): Promise<UnixDatagram> {
    const addon = await loadAddon()
    const socket = addon.createSocket('unix_dgram')
    try {
      await new Promise<void>((resolve, reject) => {
        socket.on('error', (error: Error & { readonly code?: number }) =>
          reject(new Error(nameOfError(error.code ?? -1))),
        )
        socket.once('connect', resolve)
        socket.connect(path)
      })
    } catch (error) {
      socket.close()
      throw error
    }
    return new UnixDatagram(socket)
  }

  /**
   * Resolves when the kernel has put the datagram into the receiver's queue; a full queue is waited for, for
   * as long as it takes. Errors: as `open`, once the receiver is gone.
   */
  async send(bytes: Buffer): Promise<void> {
    for (;;) {
      const code = await new Promise<number>((resolve) => {
        this.#socket.send(bytes, (error) => resolve(error === undefined ? 0 : (error.code ?? -1)))
      })
      if (code < 0) throw new Error(nameOfError(code))
      if (code !== CONGESTED) return
      await once(this.#socket, 'writable')
    }
  }

  close(): void {
    this.#socket.close()
  }
}

/** A native addon, which a host without a compiler does not have. */
async function loadAddon(): Promise<{ createSocket: typeof createSocket }> {
  try {
    return await import('unix-dgram')
  } catch (cause) {
    throw new Error('the npm package unix-dgram could not be loaded', { cause })
  }
}

/** As in `ENOENT: no such file`; the addon gives the bare number. */
function nameOfError(code: number): string {
  const name = getSystemErrorName(code)
  if (name === 'ENOENT') return 'there is no such socket (ENOENT)'
  if (name === 'ECONNREFUSED') return 'no daemon listens there (ECONNREFUSED)'
  return name === 'EPROTOTYPE' ? 'it takes no datagrams (EPROTOTYPE)' : name
}
