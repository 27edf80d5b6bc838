/** What is wrong with a JSON text whatever it says: keys that an object holds twice, and nests without end. */

/** Nothing that the API takes is half as deep. */
const DEEPEST = 32

/**
 * Says what is wrong with the text, which is valid JSON; null where nothing is.
 *
 * Of a key that is there twice readers differ in which one counts, so neither does here. The text is read letter by
 * letter: a pattern keeps a stack, which ten megabytes overflow.
 */
export function structureFault(text: string): string | null {
  const keysOfOpen: Set<string>[] = []
  for (let index = 0; index < text.length; index += 1) {
    const letter = text[index]
    if (letter === '{' || letter === '[') keysOfOpen.push(new Set())
    else if (letter === '}' || letter === ']') keysOfOpen.pop()
    if (keysOfOpen.length > DEEPEST) return `must not be nested deeper than ${DEEPEST}`
    if (letter !== '"') continue
    const end = endOfText(text, index)
    if (isKey(text, end)) {
      const key = JSON.parse(text.slice(index, end)) as string
      const keys = keysOfOpen.at(-1)!
      if (keys.has(key))
        return `must not hold ${JSON.stringify(key.slice(0, 100))} twice in one object`
      keys.add(key)
    }
    index = end - 1
  }
  return null
}

/** Where the quoted text that begins there is over. */
function endOfText(text: string, begin: number): number {
  let index = begin + 1
  while (text[index] !== '"') index += text[index] === '\\' ? 2 : 1
  return index + 1
}

/** In JSON a colon follows a key and nothing else. */
function isKey(text: string, end: number): boolean {
  let index = end
  while (/\s/.test(text[index] ?? '')) index += 1
  return text[index] === ':'
}
