/** Where each fact of an event stands in the Elastic Common Schema: one table for encoder, mappings and docs. */
import { usFromRfc3339 } from '../../core/clock.ts'
import { parseAddress } from '../../net/address.ts'
import type { Event } from '../../record/event.ts'
import { AUDIT_HEAD, HEARTBEAT } from '../delivery/heartbeat.ts'
import { cefName } from './cef-names.ts'
import { ecsCategories, ecsKind, ecsType } from './ecs-categories.ts'

/** Types of the schema that we use. */
export type EcsType =
  'boolean' | 'date' | 'float' | 'ip' | 'keyword' | 'long' | 'match_only_text' | 'object'

export type EcsRecord = Readonly<Record<string, string | number>>
export type EcsScalar = string | number | boolean | EcsRecord
/** What a field may hold; null and an empty list leave it out. */
export type EcsValue = EcsScalar | readonly EcsScalar[] | null

export interface EcsField<Message = Event> {
  /** Dotted name. */
  readonly name: string
  readonly type: EcsType
  of(message: Message): EcsValue
}

const field = (name: string, type: EcsType, of: EcsField['of']): EcsField => ({ name, type, of })
const keyword = (name: string, of: EcsField['of']): EcsField => field(name, 'keyword', of)

/**
 * The fields that carry each member of an event; one that is new in the contract does not compile without a place.
 *
 * `source` is the attacker and is left out where nobody can honestly be named; `destination` is the first
 * victim, else the host the event is about. `host`, `observer` and `agent` are the machine Picket runs on.
 * What the schema has no field for stands under `picket`.
 * Source: Elastic Common Schema 8.17.
 */
export const ECS_FIELDS: { readonly [Member in keyof Event]-?: readonly EcsField[] } = {
  id: [keyword('event.id', ({ id }) => id)],
  sequence: [field('event.sequence', 'long', ({ sequence }) => sequence)],
  previousSequence: [
    field('picket.previous_sequence', 'long', (event) => event.previousSequence ?? null),
  ],
  revision: [field('picket.revision', 'long', ({ revision }) => revision)],
  agent: [keyword('agent.id', ({ agent }) => agent)],
  selfTest: [
    keyword('picket.self_test', (event) => event.selfTest ?? null),
    keyword('tags', (event) => (event.selfTest === undefined ? null : ['picket-self-test'])),
  ],
  interface: [keyword('observer.ingress.interface.name', (event) => event.interface)],
  kind: [
    keyword('event.code', ({ kind }) => kind),
    keyword('rule.id', ({ kind }) => kind),
    keyword('rule.name', ({ kind }) => cefName(kind)),
    keyword('event.type', ecsType),
  ],
  family: [
    keyword('rule.category', ({ family }) => family),
    keyword('event.category', ({ family }) => ecsCategories(family)),
  ],
  severity: [field('event.severity', 'long', ({ severity }) => severity)],
  confidence: [field('picket.confidence', 'float', ({ confidence }) => confidence)],
  verdict: [keyword('event.action', ({ verdict }) => verdict), keyword('event.kind', ecsKind)],
  simulated: [field('picket.simulated', 'boolean', ({ simulated }) => simulated)],
  decision: [keyword('event.reason', ({ decision }) => decision)],
  attacker: endFields('source', ({ attacker }) => attacker),
  victims: [
    ...endFields('destination', ({ victims, host }) => victims[0] ?? host),
    field('picket.victims', 'keyword', ({ victims }) => victims),
    field('related.ip', 'ip', relatedAddresses),
    keyword('network.type', networkType),
  ],
  host: [keyword('picket.host', ({ host }) => host)],
  domain: [
    keyword('picket.domain', ({ domain }) => domain),
    keyword('related.hosts', ({ domain }) => (domain === null ? null : [domain])),
  ],
  firstSeen: [
    field('event.start', 'date', ({ firstSeen }) => firstSeen),
    field('event.duration', 'long', durationNs),
  ],
  lastSeen: [
    field('@timestamp', 'date', ({ lastSeen }) => lastSeen),
    field('event.end', 'date', ({ lastSeen }) => lastSeen),
  ],
  count: [field('picket.count', 'long', ({ count }) => count)],
  summary: [field('message', 'match_only_text', ({ summary }) => summary)],
  reasons: [
    field('picket.reasons', 'object', ({ reasons }) => reasons.map(reasonObject)),
    keyword('picket.audit_head', auditHead),
  ],
  detectors: [keyword('picket.detectors', ({ detectors }) => detectors)],
  mitre: [
    keyword('threat.framework', ({ mitre }) => (mitre.length === 0 ? null : 'MITRE ATT&CK')),
    keyword('threat.technique.id', ({ mitre }) => unique(mitre.map(techniqueOf))),
    keyword('threat.technique.subtechnique.id', ({ mitre }) =>
      mitre.filter((id) => id.includes('.')),
    ),
  ],
  flows: [
    // The schema has one Community ID a document; an event's flows may be many.
    keyword('network.community_id', ({ flows }) => flows[0] ?? null),
    keyword('picket.flows', ({ flows }) => flows),
  ],
  incident: [keyword('picket.incident', ({ incident }) => incident)],
  process: processFields(({ process }) => process),
}

function endFields(end: string, of: (event: Event) => string | null): EcsField[] {
  return [
    keyword(`${end}.address`, of),
    field(`${end}.ip`, 'ip', (event) => addressOrNull(of(event))),
  ]
}

/** The fields of the process that something belongs to. */
export function processFields<Message>(
  processOf: (message: Message) => Event['process'],
): EcsField<Message>[] {
  const one = (name: string, type: EcsType, read: (process: Process) => EcsValue) => ({
    name,
    type,
    of: (message: Message): EcsValue => {
      const process = processOf(message)
      return process === null ? null : read(process)
    },
  })
  return [
    one('process.pid', 'long', ({ pid }) => pid),
    one('process.name', 'keyword', ({ command }) => command),
    one('process.executable', 'keyword', ({ executable }) => executable),
    one('user.name', 'keyword', ({ user }) => user),
    one('user.id', 'keyword', ({ uid }) => (uid === null ? null : String(uid))),
    one('container.id', 'keyword', ({ container }) => container),
    one('related.user', 'keyword', ({ user }) => (user === null ? null : [user])),
    one('picket.process.side', 'keyword', ({ side }) => side),
    one('picket.process.unit', 'keyword', ({ unit }) => unit),
    one('picket.process.how', 'keyword', ({ how }) => how),
    one('picket.process.confidence', 'float', ({ confidence }) => confidence),
    one('picket.process.since', 'date', ({ since }) => since),
  ]
}

type Process = NonNullable<Event['process']>

/** The members of `picket.reasons`. */
export const REASON_FIELDS: Readonly<Record<string, EcsType>> = {
  feature: 'keyword',
  value: 'float',
  text: 'keyword',
  baseline: 'float',
  baseline_text: 'keyword',
  weight: 'float',
}

/** Numbers and texts apart, since Elasticsearch refuses a text in a field that began as a number. */
function reasonObject({ feature, value, baseline, weight }: Event['reasons'][number]) {
  return {
    feature,
    ...(typeof value === 'number' ? { value } : { text: value }),
    ...(typeof baseline === 'number' ? { baseline } : {}),
    ...(typeof baseline === 'string' ? { baseline_text: baseline } : {}),
    weight,
  }
}

/** By itself, since no query can tell which of an array's texts belongs to which of its names. */
function auditHead({ kind, reasons }: Event): EcsValue {
  if (kind !== HEARTBEAT) return null
  return reasons.find(({ feature }) => feature === AUDIT_HEAD)?.value ?? null
}

function relatedAddresses({ attacker, victims, host }: Event): string[] {
  return unique([attacker, ...victims, host].flatMap((text) => addressOrNull(text) ?? []))
}

function networkType({ attacker, victims, host }: Event): string | null {
  for (const text of [attacker, ...victims, host]) {
    const address = text === null ? null : parseAddress(text)
    if (address !== null) return `ipv${address.family}`
  }
  return null
}

function durationNs({ firstSeen, lastSeen }: Event): number | null {
  const us = usFromRfc3339(lastSeen) - usFromRfc3339(firstSeen)
  return us >= 0 ? Math.round(us) * 1000 : null
}

const addressOrNull = (text: string | null): string | null =>
  text !== null && parseAddress(text) !== null ? text : null
const techniqueOf = (id: string): string => id.split('.')[0]!
const unique = (items: readonly string[]): string[] => [...new Set(items)]
