/** Ranges of ports: reading, canonical printing, membership. */

/** Both ends included, 0–65535, `first` not above `last`. */
export interface PortRange {
  readonly first: number
  readonly last: number
}

export const MAX_PORT = 65_535

/** Reads a port (`22`, also as a number) or a range of them (`8000-8100`); null for what is neither. */
export function parsePortRange(given: number | string): PortRange | null {
  const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(given)) ?? []
  if (from === undefined) return null
  const range = { first: Number(from), last: Number(to) }
  return range.first <= range.last && range.last <= MAX_PORT ? range : null
}

/** Prints a range as it is read: a number for one port, else `8000-8100`. */
export function formatPortRange({ first, last }: PortRange): number | string {
  return first === last ? first : `${first}-${last}`
}

/** Sorts ranges and joins those that touch, so that equal sets of ports are equal lists. */
export function joinPortRanges(ranges: readonly PortRange[]): readonly PortRange[] {
  const joined: PortRange[] = []
  for (const range of [...ranges].sort((one, other) => one.first - other.first)) {
    const before = joined.at(-1)
    if (before === undefined || range.first > before.last + 1) joined.push(range)
    else joined[joined.length - 1] = { ...before, last: Math.max(before.last, range.last) }
  }
  return joined
}

/** Says whether one of the ranges holds the port. */
export function holdsPort(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some(({ first, last }) => first <= port && port <= last)
}
