/** A field that rules may ask for: its names, what it holds, and when it is known. */
import type { LiveFlow } from '../../../flow/flow.ts'

/** What a field may hold; null where it is not there. Of a list, any entry may fit. */
export type FieldValue = string | number | boolean | null | readonly (string | number)[]

export const FIELD_TYPES = ['text', 'number', 'boolean', 'address'] as const
export type FieldType = (typeof FIELD_TYPES)[number]

/** As much of a flow as rules see; one that lies in the log has it too. */
export type FlowView = Pick<
  LiveFlow,
  | 'ipVersion'
  | 'copyAddresses'
  | 'originatorAddress'
  | 'responderAddress'
  | 'communityId'
  | 'originatorPort'
  | 'responderPort'
  | 'protocol'
  | 'vlan'
  | 'startUs'
  | 'lastUs'
  | 'originatorPackets'
  | 'responderPackets'
  | 'originatorBytes'
  | 'responderBytes'
  | 'originatorPayloadBytes'
  | 'responderPayloadBytes'
  | 'connState'
  | 'application'
>

/** What fields are read from. */
export interface Shown {
  readonly flow: FlowView
  /** What the application said; empty where nothing was read. */
  readonly facts: Readonly<Record<string, unknown>>
  /** Both addresses as words, the originator's four first; no text is built. */
  readonly addressWords: Int32Array
}

/**
 * When something can be judged: `flow` at any time, `end` once the flow has ended, else as soon as the named
 * kind of message was read.
 */
export type Moment =
  | 'flow'
  | 'end'
  | 'dns-query'
  | 'dns-response'
  | 'tls-client-hello'
  | 'tls-server-hello'
  | 'tls-certificate'
  | 'quic'
  | 'http-request'
  /** The response, beside the request that it answers. */
  | 'http-exchange'
  | 'smb-tree'
  | 'smb-open'
  | 'dcerpc'
  | 'rdp'
  | 'kerberos'
  | 'redis-command'
  | 'ntp'
  | 'snmp'
  | 'dhcp'
  | 'login'
  | 'banner'

export interface Field {
  /** Picket's name first, then those of Sigma's taxonomy and of Zeek. */
  readonly names: readonly string[]
  readonly type: FieldType
  /** The moments at which it can be had. */
  readonly moments: readonly Moment[]
  /** Also of a flow that has ended, or lies in the log. */
  readonly isInSum: boolean
  readonly note: string
  /** Place in a subject's memory; each field has its own. */
  readonly index: number
  /** A list of its values is one value in several spellings, of which the first is told. */
  readonly isSpelled?: boolean
  /** Other words for its values, in lower case: what other sensors write. */
  readonly synonyms?: Readonly<Record<string, string>>
  /** Addresses: 0 of the originator, 1 of the responder. */
  readonly side?: 0 | 1
  read(shown: Shown): FieldValue
}

let fields = 0

/** Declares a field. */
export function field(
  declared: Omit<Field, 'index' | 'isInSum'> & { readonly isInSum?: boolean },
): Field {
  fields += 1
  return { isInSum: true, ...declared, index: fields - 1 }
}
