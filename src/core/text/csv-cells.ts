/** Lines of tables with separators, taken apart (RFC 4180). */

/** Of the usual separators the one that occurs most in the line. */
export function separatorOf(line: string): string {
  const count = (mark: string): number => line.split(mark).length
  return [',', ';', '\t'].reduce((best, mark) => (count(mark) > count(best) ? mark : best))
}

/** Splits a line at its separators; in quotes a separator is text, and `""` a quote. */
export function cellsOf(line: string, separator: string): readonly string[] {
  const cells: string[] = []
  let cell = ''
  let isQuoted = false
  for (let index = 0; index < line.length; index += 1) {
    const letter = line[index]!
    if (letter === '"') {
      if (isQuoted && line[index + 1] === '"') {
        cell += '"'
        index += 1
      } else {
        isQuoted = !isQuoted
      }
    } else if (letter === separator && !isQuoted) {
      cells.push(cell)
      cell = ''
    } else {
      cell += letter
    }
  }
  cells.push(cell)
  return cells
}
