/** One hit of a rule, as far as it is told: who was who, and what was seen. */
import { IpProtocol } from '../../../net/protocol.ts'
import type { Reason } from '../../detection.ts'
import type { Field, FieldValue } from '../fields/field.ts'
import type { Subject } from '../fields/subject.ts'
import type { Roles } from '../rule.ts'

export interface Parties {
  readonly attacker: string | null
  readonly victim: string | null
  readonly host: string | null
  readonly domain: string | null
}

/** What is told of one hit. */
export interface Hit {
  readonly parties: Parties
  readonly evidence: readonly Reason[]
  /** For the sentence: `10.0.0.5:23`. */
  readonly whom: string
}

const LONGEST_VALUE = 80

/** What is to be told of a subject that a rule holds for; allocates. */
export function hitOf(subject: Subject, roles: Roles, evidence: readonly Field[]): Hit {
  return {
    parties: partiesOf(subject, roles),
    evidence: evidenceOf(subject, evidence),
    whom: whomOf(subject),
  }
}

/** Who was spoken to, with the port. */
export function whomOf({ flow }: Subject): string {
  const address = flow.responderAddress()
  if (flow.protocol !== IpProtocol.TCP && flow.protocol !== IpProtocol.UDP) return address
  return `${address.includes(':') ? `[${address}]` : address}:${flow.responderPort}`
}

/** Names the parties of a subject; allocates, so only for what has hit. */
export function partiesOf(subject: Subject, { attacker, victim, host, domain }: Roles): Parties {
  return {
    attacker: partyIn(subject, attacker),
    victim: partyIn(subject, victim),
    host: partyIn(subject, host),
    domain: textIn(subject, domain),
  }
}

/** Null for the unspecified address too, by which those speak who have none yet (RFC 1122 §3.2.1.3, RFC 4291 §2.5.2). */
function partyIn(subject: Subject, field: Field | null): string | null {
  const address = textIn(subject, field)
  return address === '0.0.0.0' || address === '::' ? null : address
}

/** What the rule looked at, as reasons of equal weight. */
export function evidenceOf(subject: Subject, fields: readonly Field[]): readonly Reason[] {
  const weight = Math.round(100 / Math.max(1, fields.length)) / 100
  return fields.flatMap((field) => {
    const value = shown(field.isSpelled === true ? textIn(subject, field) : subject.value(field))
    return value === null ? [] : [{ feature: field.names[0]!, value, baseline: null, weight }]
  })
}

export function textIn(subject: Subject, field: Field | null): string | null {
  if (field === null) return null
  const value = subject.value(field)
  const text = typeof value === 'object' && value !== null ? value[0] : value
  return text === null || text === undefined || text === '' ? null : String(text)
}

function shown(value: FieldValue): string | number | null {
  if (typeof value === 'number' || value === null) return value
  const text = typeof value === 'object' ? value.join(', ') : String(value)
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text
}
