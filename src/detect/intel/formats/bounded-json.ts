/** JSON from anybody: its values are counted before they are made, since a few bytes of text can ask for much memory. */

const DEEPEST = 64
const MOST_VALUES = 20_000_000
const Byte = { QUOTE: 34, COMMA: 44, OPEN_LIST: 91, BACKSLASH: 92, CLOSE_LIST: 93, OPEN_MAP: 123, CLOSE_MAP: 125 } as const // prettier-ignore

/**
 * Parses JSON of at most 20 million values, 64 deep.
 *
 * Cost: one look at each character before the parsing. Errors: `SyntaxError`.
 */
export function parseBoundedJson(text: string): unknown {
  let values = 1
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === Byte.QUOTE) at = endOfString(text, at)
    else if (code === Byte.COMMA) values += 1
    else if (code === Byte.OPEN_LIST || code === Byte.OPEN_MAP) {
      values += 1
      depth += 1
      if (depth > DEEPEST) throw new SyntaxError(`its JSON is nested deeper than ${DEEPEST}`)
    } else if (code === Byte.CLOSE_LIST || code === Byte.CLOSE_MAP) depth -= 1
    if (values > MOST_VALUES) throw new SyntaxError(`its JSON has more than ${MOST_VALUES} values`)
  }
  return JSON.parse(text)
}

/** Where the string that begins at `from` ends, or the text does. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === Byte.BACKSLASH) at += 1
    else if (code === Byte.QUOTE) return at
  }
  return text.length
}
