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
  const origin = `[origin software="picket" swVersion="${escaped(version.slice(0, 32))}"]`
  const which = `id="${escaped(id)}" sequence="${sequence}" revision="${revision}"`
  const what = `agent="${escaped(agent)}" kind="${escaped(kind)}" severity="${severity}"`
  return `${origin}[${ID} ${which} ${what}]`
}

/** What needs no escape, which is nearly all. */
const PLAIN = /^[ !#-[^-~]*$/

/** `"`, `\` and `]` have a backslash before them (§6.3.3); the rest is UTF-8 without controls or line ends. */
function escaped(value: string): string {
  if (PLAIN.test(value)) return value
  const oneLine = value.replace(/[\r\n]+/g, ' ')
  return cleanText(oneLine).replace(/["\\\]]/g, '\\$&')
}
