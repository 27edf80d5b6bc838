/** The part of unix-dgram that `unix-datagram.ts` uses; the package carries no types. */
declare module 'unix-dgram' {
  import type { EventEmitter } from 'node:events'

  /** Errors carry the negative errno as `code`; 1 for a receiver whose queue is full. */
  export interface UnixDatagramSocket extends EventEmitter {
    connect(path: string): void
    send(bytes: Buffer, callback: (error?: Error & { readonly code?: number }) => void): void
    close(): void
  }

  export function createSocket(type: 'unix_dgram'): UnixDatagramSocket
}
