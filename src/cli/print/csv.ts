/** CSV by RFC 4180, safe to open in a spreadsheet. */

/** What spreadsheets take for the beginning of a formula, also in its wide forms. */
const FORMULA = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/u

/**
 * Renders one record, with the CRLF that ends it (RFC 4180 §2).
 *
 * Numbers and booleans are written as they are, null as nothing, lists of texts joined by spaces, anything else as
 * JSON. What an attacker could choose is text, and text that a spreadsheet would take for a formula gets a `'` in front
 * (OWASP, CSV injection): a host name `=HYPERLINK(…)` is shown, not run.
 */
export function csvRecord(values: readonly unknown[]): string {
  return `${values.map(cell).join(',')}\r\n`
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = textOf(value)
  const inert = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string')
  return isList ? value.join(' ') : JSON.stringify(value)
}
