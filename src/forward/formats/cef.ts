/** The Common Event Format: one line that every SIEM reads. */
import { isFlow, type Outgoing } from '../outgoing.ts'
import {
  cefFields,
  FULL_DETAIL,
  type CefContext,
  type CefDetail,
  type CefField,
} from './cef-fields.ts'
import { cefName } from './cef-names.ts'
import { cleanText, cutText } from './clean-text.ts'
import { flowCefFields } from './flow/cef-fields.ts'

export type { CefContext } from './cef-fields.ts'

/**
 * What is left out, step by step, until a line fits: the Community IDs, the lesser reasons, all reasons,
 * all victims but four, the ends of decision and summary, in the end all that is not essential.
 * Who, what, when, how bad, and the ids are never left out.
 */
const SHORTENINGS: readonly Partial<CefDetail>[] = [
  {},
  { flows: 0 },
  { reasons: 4 },
  { reasons: 0 },
  { victims: 4 },
  { decisionLength: 120 },
  { summaryLength: 300 },
  { victims: 1, decisionLength: 0 },
  { summaryLength: 120 },
  { essentialsOnly: true },
  { summaryLength: 0 },
]

/**
 * Writes an event or a flow as `CEF:0|Picket|Picket|VERSION|KIND|NAME|SEVERITY|EXTENSION`, in `maxBytes` of UTF-8.
 *
 * KIND, the event class id, is what the contract calls `kind`; it never changes its meaning.
 *
 * Escaping: `\` and `|` in the header; `\`, `=`, newline (`\n`) and carriage return (`\r`) in values; every
 * other control, separator and bidirectional character is written out as `<U+XXXX>`. The result is one line.
 * Source: ArcSight CEF Implementation Standard, versions 25 to 27 (format versions 0.1 and 1.x).
 */
export function formatCef(message: Outgoing, context: CefContext, maxBytes: number): string {
  let detail = FULL_DETAIL
  let line = ''
  for (const shortening of SHORTENINGS) {
    detail = { ...detail, ...shortening }
    line = render(message, context, detail)
    if (Buffer.byteLength(line) <= maxBytes) break
  }
  return line
}

function render(message: Outgoing, context: CefContext, detail: CefDetail): string {
  const { version, cefVersion } = context
  const { kind, severity } = message
  const level = Math.min(10, Math.max(0, Math.round(severity)))
  const who = `Picket|Picket|${headerValue(version, 31)}`
  const what = `${headerValue(kind, 100)}|${headerValue(cefName(kind), 512)}|${level}`
  const fields = isFlow(message)
    ? flowCefFields(message, context, detail)
    : cefFields(message, context, detail)
  return `CEF:${cefVersion}|${who}|${what}|${extension(fields)}`
}

/** What needs no escape anywhere in a line, which is nearly all: found in one look. */
const PLAIN = /^[ -<>-[\]-{}-~]*$/

function headerValue(text: string, maxLength: number): string {
  const value = cutText(text, maxLength)
  if (PLAIN.test(value)) return value
  // A header has no escape for line ends.
  return cleanText(value.replace(/[\r\n]+/g, ' ')).replace(/[\\|]/g, '\\$&')
}

/** Leaves out the keys that have no value, each with its label, which would name nothing. */
function extension(fields: readonly CefField[]): string {
  let text = ''
  for (const { key, value, maxLength, label } of fields) {
    const written = typeof value === 'number' ? value : extensionValue(value, maxLength ?? 1023)
    if (written === '') continue
    const pair = text === '' ? `${key}=${written}` : ` ${key}=${written}`
    text += label === undefined ? pair : `${pair} ${key}Label=${label}`
  }
  return text
}

function extensionValue(value: string, maxLength: number): string {
  if (value.length <= maxLength && PLAIN.test(value)) return value.trim()
  const text = cutText(cleanText(value), maxLength).trim()
  return text.replace(/[\\=\n\r]/g, (character) => ESCAPES[character]!)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '=': '\\=',
  '\n': '\\n',
  '\r': '\\r',
}
