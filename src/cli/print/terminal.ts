/** Where commands print: the process's own streams, or memory in tests. */
import { once } from 'node:events'

export interface Terminal {
  /** Results: standard output. */
  write(text: string): void
  /** Results that are no text. */
  writeBytes(bytes: Uint8Array): void
  /** Resolves when results are no longer held up; false when their reader has gone away. */
  drained(): Promise<boolean>
  /** Progress, notes and errors: standard error. */
  writeError(text: string): void
  /** Width in characters; null when the output is no terminal and may be as wide as it likes. */
  readonly columns: number | null
}

/**
 * Gives the process's streams.
 *
 * A reader that goes away early (`| head`) is no error: what is still written then goes nowhere, quietly.
 */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.listeners('error').includes(ignoreBrokenPipe)) continue
    stream.on('error', ignoreBrokenPipe)
  }
  return {
    write: (text) => void process.stdout.write(text),
    writeBytes: (bytes) => void process.stdout.write(bytes),
    drained: () => drained(process.stdout),
    writeError: (text) => void process.stderr.write(text),
    get columns() {
      return process.stdout.isTTY ? process.stdout.columns : null
    },
  }
}

async function drained(stream: NodeJS.WriteStream): Promise<boolean> {
  if (stream.writableNeedDrain) {
    const gone = new AbortController()
    const events = ['drain', 'close'].map((name) => once(stream, name, gone))
    await Promise.race(events).catch(ignoreBrokenPipe)
    gone.abort()
    await Promise.allSettled(events)
  }
  return stream.writable && !stream.destroyed
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
