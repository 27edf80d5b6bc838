/** Where commands print: the process's own streams, or memory in tests. */
import { once } from 'node:events'
import { writeSync } from 'node:fs'

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
    if (stream.listeners('error').includes(endUnlessGone)) continue
    stream.on('error', endUnlessGone)
  }
  return {
    write: (text) => void process.stdout.write(text),
    writeBytes: (bytes) => void process.stdout.write(bytes),
    drained: () => drained(process.stdout),
    writeError: (text) => void process.stderr.write(text),
    get columns() {
      // A terminal that was told no size, as one of ssh -tt or docker exec -t may be, says 0.
      return process.stdout.isTTY && process.stdout.columns > 0 ? process.stdout.columns : null
    },
  }
}

/** Has the process go on, unheard, where its output can no longer be written: an agent has more to do than to speak. */
export function outliveOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.off('error', endUnlessGone)
    if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore)
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

/** What cannot be written for another reason, such as a full disk, must not look as if it had been. */
function endUnlessGone(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return
  try {
    writeSync(process.stderr.fd, `picket: the output cannot be written: ${error.message}\n`)
  } catch {
    // Nor can this; the exit code tells.
  }
  process.exit(1)
}

const ignore = (): void => undefined

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
