/** How figures are written in the report: units, roundings, tables. */

/** Makes a Markdown table; the first column is words, the others are numbers unless `left` names them. */
export function table(heads, rows, left = []) {
  const rule = heads.map((head, index) => (index === 0 || left.includes(head) ? '---' : '---:'))
  return [heads, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

export function count(value) {
  return Math.round(value).toLocaleString('en')
}

export function seconds(value) {
  return value === undefined ? '' : `${value.toFixed(2)} s`
}

export function times(value) {
  if (value === undefined) return ''
  return `${value >= 99.5 ? count(value) : value.toFixed(1)}×`
}

export function megabytes(bytes) {
  return bytes === undefined ? '' : `${count(bytes / 1e6)} MB`
}

export function percent(share) {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`
}

/** CPU or wall seconds spread over packets or flows. */
export function nanosecondsEach(value, things) {
  return `${count((value / things) * 1e9)} ns`
}
