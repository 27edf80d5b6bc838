/** Lines of a text of any size, one at a time: a feed of a million lines must not become a million strings at once. */

/** A line longer than any indicator: hostile, or no list at all. It is handed on cut, and refused for its length. */
export const LONGEST_LINE = 8192

/** Counts from 1; line ends are `\n` or `\r\n`. Cost: one line at a time, cut at one character beyond `LONGEST_LINE`. */
export function* linesOf(text: string): Generator<{ readonly line: string; readonly at: number }> {
  let at = 0
  for (let from = 0; from <= text.length;) {
    const found = text.indexOf('\n', from)
    const end = found < 0 ? text.length : found
    at += 1
    yield { line: withoutReturn(text.slice(from, Math.min(end, from + LONGEST_LINE + 1))), at }
    from = end + 1
  }
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line)
