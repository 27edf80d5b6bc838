/** Sigma's strings: `*` and `?` stand for anything and for one character, a backslash takes that away. */

interface Wildcard {
  readonly wildcard: '*' | '?'
}

/** A string with wildcards, ready to be compared; give it text in the case it was made for. */
export class Glob {
  /** The text that it stands for, where it has no wildcard. */
  readonly plain: string | null
  /** The longest text that must be in whatever it matches; empty for none. */
  readonly needed: string
  readonly #parts: readonly (string | Wildcard)[]
  readonly #test: (text: string) => boolean

  private constructor(parts: readonly (string | Wildcard)[]) {
    this.#parts = joined(parts)
    const texts = this.#parts.filter((part): part is string => typeof part === 'string')
    this.plain = texts.length === this.#parts.length ? (texts[0] ?? '') : null
    this.needed = texts.reduce((best, text) => (text.length > best.length ? text : best), '')
    this.#test = this.#compile()
  }

  /** Reads a value as Sigma writes it. */
  static of(source: string, isCased = false): Glob {
    const parts: (string | Wildcard)[] = []
    const text = isCased ? source : source.toLowerCase()
    for (let at = 0; at < text.length; at += 1) {
      const [here, next] = [text[at]!, text[at + 1]]
      if (here === '\\' && (next === '*' || next === '?' || next === '\\')) {
        parts.push(next)
        at += 1
      } else if (here === '*' || here === '?') parts.push({ wildcard: here })
      else parts.push(here)
    }
    return new Glob(parts)
  }

  /** A text without wildcards. */
  static literal(text: string): Glob {
    return new Glob([text])
  }

  /** The same with anything allowed in front or behind. */
  within(isOpenAtStart: boolean, isOpenAtEnd: boolean): Glob {
    const any: Wildcard = { wildcard: '*' }
    return new Glob([
      ...(isOpenAtStart ? [any] : []),
      ...this.#parts,
      ...(isOpenAtEnd ? [any] : []),
    ])
  }

  matches(text: string): boolean {
    return this.#test(text)
  }

  /** The usual shapes cost one call of the engine's. */
  #compile(): (text: string) => boolean {
    const { plain } = this
    if (plain !== null) return (text) => text === plain
    const parts = this.#parts
    const shape = parts.map((part) => (typeof part === 'string' ? 'T' : part.wildcard)).join('')
    const word = parts.find((part): part is string => typeof part === 'string') ?? ''
    if (shape === '*') return () => true
    if (shape === 'T*') return (text) => text.startsWith(word)
    if (shape === '*T') return (text) => text.endsWith(word)
    if (shape === '*T*') return (text) => text.includes(word)
    return (text) => this.#walk(text)
  }

  /** Walks both at once, and goes back to the last `*` alone: at most length × parts. */
  #walk(text: string): boolean {
    const parts = this.#parts
    let [part, at, starPart, starAt] = [0, 0, -1, 0]
    for (;;) {
      const here = parts[part]
      if (here === undefined && at === text.length) return true
      if (typeof here === 'object' && here.wildcard === '*') {
        starPart = part
        starAt = at
        part += 1
        continue
      }
      const length = typeof here === 'string' ? here.length : 1
      const fits = here !== undefined && at + length <= text.length
      if (fits && (typeof here !== 'string' || text.startsWith(here, at))) {
        part += 1
        at += length
        continue
      }
      if (starPart < 0 || starAt >= text.length) return false
      starAt += 1
      at = starAt
      part = starPart + 1
    }
  }
}

function joined(parts: readonly (string | Wildcard)[]): (string | Wildcard)[] {
  const result: (string | Wildcard)[] = []
  for (const part of parts) {
    const last = result.at(-1)
    if (typeof part === 'string' && typeof last === 'string')
      result[result.length - 1] = last + part
    else if (typeof part === 'object' && part.wildcard === '*' && isStar(last)) continue
    else result.push(part)
  }
  return result
}

const isStar = (part: string | Wildcard | undefined): boolean =>
  typeof part === 'object' && part.wildcard === '*'
