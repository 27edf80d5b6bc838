/** The receiving end of sd_notify: a real datagram socket that keeps what it was told. */
import { createSocket } from 'unix-dgram'
import { until } from '../await-until.ts'

export interface NotifySocket {
  readonly path: string
  /** Every message so far, its assignments as an object, with when it came (monotonic, ms). */
  readonly messages: readonly Told[]
  /** Resolves with the first message from number `from` on that has this assignment. */
  told(name: string, from?: number): Promise<Told>
  close(): void
}

export interface Told {
  readonly atMs: number
  readonly [assignment: string]: string | number | undefined
}

/** Listens at `path`, which must not be there. */
export function notifySocket(path: string): NotifySocket {
  const messages: Told[] = []
  const socket = createSocket('unix_dgram') as ReturnType<typeof createSocket> & {
    bind(path: string): void
  }
  socket.on('message', (bytes: Buffer) => {
    const lines = bytes.toString().split('\n').filter(Boolean)
    const assignments = lines.map((line) => /^([A-Z_]+)=(.*)$/.exec(line)!.slice(1))
    const told = Object.fromEntries(assignments) as Record<string, string>
    messages.push({ ...told, atMs: performance.now() })
  })
  socket.bind(path)
  return {
    path,
    messages,
    told: (name, from = 0) =>
      until(name, () => messages.slice(from).find((message) => name in message) ?? null, {
        everyMs: 20,
      }),
    close: () => socket.close(),
  }
}
