/** Lists with one indicator a line: bare, with a remark behind it, or in the form of a hosts file. */
import { linesOf, LONGEST_LINE } from './lines.ts'
import type { RawIndicator } from './raw-indicator.ts'

/** Where a hosts file sends what it blocks. */
const SINKHOLES = new Set(['0.0.0.0', '127.0.0.1', '::', '::1'])

/** Skips blank lines and remarks (`#`, `;`, `//`). */
export function* readPlain(text: string): Generator<RawIndicator> {
  for (const { line, at } of linesOf(text)) {
    if (line.length > LONGEST_LINE) {
      yield { text: line, at, validUntil: 0 }
      continue
    }
    const words = line
      .trim()
      .replace(/(^|\s)(#|;|\/\/).*$/, '')
      .trim()
      .split(/\s+/)
    const [first = '', second] = words
    if (first === '') continue
    const isHosts = SINKHOLES.has(first) && second !== undefined
    yield { text: isHosts ? second : first, at, validUntil: 0 }
  }
}
