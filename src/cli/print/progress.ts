/** Progress of long work: one line on standard error that rewrites itself, on a terminal only. */
import { grouped } from '../../core/text/amount.ts'
import type { Terminal } from './terminal.ts'

export interface Progress {
  /** Shows a share (0–1; null when the whole is not known) and how many have been read. */
  show(share: number | null, count: number): void
  /** Wipes the line, so that results begin on a clean one. */
  clear(): void
}

/**
 * Makes the progress line for `what`, which counts `units`; where standard error is no terminal it says a line
 * every ten seconds.
 */
export function createProgress(terminal: Terminal, what: string, units = 'packets'): Progress {
  const isInteractive = process.stderr.isTTY
  let shownAtMs = Date.now()
  let isShown = false
  return {
    show(share, count) {
      const percent = share === null ? '' : `${Math.floor(Math.min(1, share) * 100)} %, `
      const text = `${what}: ${percent}${grouped(count)} ${units}`
      if (isInteractive) {
        terminal.writeError(`\r\u001b[K${text}`)
        isShown = true
      } else if (Date.now() - shownAtMs > 10_000) {
        terminal.writeError(`${text}\n`)
        shownAtMs = Date.now()
      }
    },
    clear() {
      if (isShown) terminal.writeError('\r\u001b[K')
      isShown = false
    },
  }
}
