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
  const header = [
    'Picket',
    'Picket',
    cutText(context.version, 31),
    cutText(message.kind, 100),
    cefName(message.kind),
    String(Math.min(10, Math.max(0, Math.round(message.severity)))),
  ].map(headerValue)
  const told = isFlow(message)
    ? flowCefFields(message, context, detail)
    : cefFields(message, context, detail)
  const fields = told.map(extensionField)
  return `CEF:${context.cefVersion}|${header.join('|')}|${withValues(fields).join(' ')}`
}

interface WrittenField {
  readonly key: string
  /** `KEY=VALUE`; empty where there is no value. */
  readonly text: string
}

/** Without the keys that have no value: an empty one leaves its label out too, which would name nothing. */
function withValues(fields: readonly WrittenField[]): string[] {
  const empty = new Set(fields.filter(({ text }) => text === '').map(({ key }) => `${key}Label`))
  return fields.filter(({ key, text }) => text !== '' && !empty.has(key)).map(({ text }) => text)
}

function headerValue(text: string): string {
  // A header has no escape for line ends.
  return cleanText(text.replace(/[\r\n]+/g, ' ')).replace(/[\\|]/g, '\\$&')
}

function extensionField({ key, value, maxLength }: CefField): WrittenField {
  if (typeof value === 'number') return { key, text: `${key}=${value}` }
  const text = cutText(cleanText(value), maxLength ?? 1023).trim()
  if (text === '') return { key, text: '' }
  const escaped = text.replace(/[\\=]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r')
  return { key, text: `${key}=${escaped}` }
}
