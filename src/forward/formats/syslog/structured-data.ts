/** What a syslog server may look for without reading CEF (RFC 5424 §6.3). */
import type { Outgoing } from '../../outgoing.ts'
import { cleanText } from '../clean-text.ts'

/**
 * The private enterprise number 32473 is set aside for examples and documentation (RFC 5612): Picket has none
 * of its own registered.
 */
const ID = 'picket@32473'

/** Returns `[origin …][picket@32473 …]`: the same id, sequence and kind as in CEF. */
export function structuredData(event: Outgoing, version: string): string {
  const { id, sequence, revision, agent, kind, severity } = event
  return (
    element('origin', { software: 'picket', swVersion: version.slice(0, 32) }) +
    element(ID, { id, sequence, revision, agent, kind, severity })
  )
}

function element(id: string, params: Readonly<Record<string, string | number>>): string {
  const written = Object.entries(params).map(([name, value]) => ` ${name}="${escaped(value)}"`)
  return `[${id}${written.join('')}]`
}

/** `"`, `\` and `]` have a backslash before them (§6.3.3); the rest is UTF-8 without controls or line ends. */
function escaped(value: string | number): string {
  const oneLine = String(value).replace(/[\r\n]+/g, ' ')
  return cleanText(oneLine).replace(/["\\\]]/g, '\\$&')
}
