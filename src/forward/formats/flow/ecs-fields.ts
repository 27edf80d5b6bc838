/** Where each fact of a flow stands in the Elastic Common Schema: a network flow document. */
import { rfc3339FromUs } from '../../../core/clock.ts'
import type { Flow } from '../../../flow/flow.ts'
import type { OutgoingFlow } from '../../outgoing.ts'
import { processFields, type EcsField, type EcsType, type EcsValue } from '../ecs-fields.ts'
import { applicationOf, namesOf, portsOf, sentenceOf, transportOf, userOf } from './told.ts'

type FlowField = EcsField<OutgoingFlow>

const field = (name: string, type: EcsType, of: (flow: Flow) => EcsValue): FlowField => ({
  name,
  type,
  of: ({ flow }) => of(flow),
})
const keyword = (name: string, of: (flow: Flow) => EcsValue): FlowField =>
  field(name, 'keyword', of)
const long = (name: string, of: (flow: Flow) => EcsValue): FlowField => field(name, 'long', of)
const ofMessage = (
  name: string,
  type: EcsType,
  of: (message: OutgoingFlow) => EcsValue,
): FlowField => ({ name, type, of })

/** The fields of the message around a flow. */
export const FLOW_MESSAGE_FIELDS: readonly FlowField[] = [
  ofMessage('event.id', 'keyword', ({ id }) => id),
  ofMessage('event.sequence', 'long', ({ sequence }) => sequence),
  ofMessage('picket.previous_sequence', 'long', (message) => message.previousSequence ?? null),
  ofMessage('picket.revision', 'long', ({ revision }) => revision),
  ofMessage('agent.id', 'keyword', ({ agent }) => agent),
  keyword('event.code', () => 'flow'),
  keyword('event.kind', () => 'event'),
  keyword('event.action', () => 'network_flow'),
  keyword('event.category', () => ['network']),
  keyword('event.type', () => ['connection', 'end']),
  field('message', 'match_only_text', sentenceOf),
]

/**
 * The fields that carry each member of a flow; one that is new does not compile without a place.
 *
 * `source` is who sent the first packet. What the schema has no field for stands under `picket.flow`.
 * Source: Elastic Common Schema 8.17.
 */
export const FLOW_ECS_FIELDS: { readonly [Member in keyof Flow]-?: readonly FlowField[] } = {
  communityId: [keyword('network.community_id', ({ communityId }) => communityId)],
  interface: [keyword('observer.ingress.interface.name', (flow) => flow.interface || null)],
  ipVersion: [keyword('network.type', ({ ipVersion }) => `ipv${ipVersion}`)],
  originator: [
    keyword('source.address', ({ originator }) => originator),
    field('source.ip', 'ip', ({ originator }) => originator),
    field('related.ip', 'ip', ({ originator, responder }) => [...new Set([originator, responder])]),
  ],
  originatorPort: [long('source.port', (flow) => portsOf(flow).originator)],
  responder: [
    keyword('destination.address', ({ responder }) => responder),
    field('destination.ip', 'ip', ({ responder }) => responder),
  ],
  responderPort: [long('destination.port', (flow) => portsOf(flow).responder), ...icmpFields()],
  protocol: [
    keyword('network.transport', transportOf),
    keyword('network.iana_number', ({ protocol }) => String(protocol)),
  ],
  vlan: [keyword('network.vlan.id', ({ vlan }) => (vlan === 0 ? null : String(vlan)))],
  startUs: [
    field('event.start', 'date', ({ startUs }) => rfc3339FromUs(startUs)),
    long('event.duration', durationNs),
  ],
  endUs: [
    field('@timestamp', 'date', ({ endUs }) => rfc3339FromUs(endUs)),
    field('event.end', 'date', ({ endUs }) => rfc3339FromUs(endUs)),
  ],
  originatorPackets: [
    long('source.packets', ({ originatorPackets }) => originatorPackets),
    long('network.packets', (flow) => flow.originatorPackets + flow.responderPackets),
  ],
  responderPackets: [long('destination.packets', ({ responderPackets }) => responderPackets)],
  originatorBytes: [
    long('source.bytes', ({ originatorBytes }) => originatorBytes),
    long('network.bytes', (flow) => flow.originatorBytes + flow.responderBytes),
  ],
  responderBytes: [long('destination.bytes', ({ responderBytes }) => responderBytes)],
  originatorPayloadBytes: [
    long('picket.flow.source_payload_bytes', (flow) => flow.originatorPayloadBytes),
  ],
  responderPayloadBytes: [
    long('picket.flow.destination_payload_bytes', (flow) => flow.responderPayloadBytes),
  ],
  originatorTcpFlags: [
    long(
      'picket.flow.source_tcp_flags',
      ifTcp((flow) => flow.originatorTcpFlags),
    ),
  ],
  responderTcpFlags: [
    long(
      'picket.flow.destination_tcp_flags',
      ifTcp((flow) => flow.responderTcpFlags),
    ),
  ],
  retransmissions: [
    long(
      'picket.flow.retransmissions',
      ifTcp((flow) => flow.retransmissions),
    ),
  ],
  handshakeRttUs: [long('picket.flow.handshake_rtt_us', ({ handshakeRttUs }) => handshakeRttUs)],
  connState: [keyword('picket.flow.state', ({ connState }) => connState)],
  application: [keyword('network.protocol', applicationOf)],
  facts: applicationFields(),
  endReason: [keyword('event.reason', ({ endReason }) => endReason)],
  anomalyScore: [field('picket.flow.anomaly_score', 'float', ({ anomalyScore }) => anomalyScore)],
  attackScore: [field('picket.flow.attack_score', 'float', ({ attackScore }) => attackScore)],
  process: processFields<OutgoingFlow>(({ flow }) => flow.process),
}

const TCP = 6

function ifTcp(of: (flow: Flow) => number): (flow: Flow) => number | null {
  return (flow) => (flow.protocol === TCP ? of(flow) : null)
}

/** An ICMP flow has its first message's type and code where others have ports. */
function icmpFields(): FlowField[] {
  const isIcmp = (flow: Flow): boolean => portsOf(flow).originator === null && flow.protocol !== TCP
  return [
    long('picket.flow.icmp_type', (flow) => (isIcmp(flow) ? flow.originatorPort : null)),
    long('picket.flow.icmp_code', (flow) => (isIcmp(flow) ? flow.responderPort : null)),
  ]
}

function durationNs({ startUs, endUs }: Flow): number | null {
  return endUs >= startUs ? Math.round(endUs - startUs) * 1000 : null
}

type Facts<Kind extends string> = Extract<NonNullable<Flow['facts']>, { readonly kind: Kind }>

function ofFacts<Kind extends NonNullable<Flow['facts']>['kind']>(
  kinds: readonly Kind[],
  name: string,
  type: EcsType,
  of: (facts: Facts<Kind>) => EcsValue,
): FlowField {
  return field(name, type, ({ facts }) =>
    facts !== null && (kinds as readonly string[]).includes(facts.kind)
      ? of(facts as Facts<Kind>)
      : null,
  )
}

/** What the schema has a field for; the log has the rest (`/v1/flows`). */
function applicationFields(): FlowField[] {
  const encrypted = ['tls', 'quic'] as const
  return [
    ofFacts(['dns'], 'dns.question.name', 'keyword', ({ query }) => query),
    ofFacts(['dns'], 'dns.question.type', 'keyword', ({ type }) => type),
    ofFacts(['dns'], 'dns.response_code', 'keyword', ({ rcode }) => rcode),
    ofFacts(encrypted, 'tls.client.server_name', 'keyword', ({ sni }) => sni),
    ofFacts(['tls'], 'tls.client.ja3', 'keyword', ({ ja3 }) => ja3),
    ofFacts(['tls'], 'tls.server.ja3s', 'keyword', ({ ja3s }) => ja3s),
    ofFacts(['tls'], 'tls.server.subject', 'keyword', ({ subject }) => subject),
    ofFacts(['tls'], 'tls.server.issuer', 'keyword', ({ issuer }) => issuer),
    ofFacts(encrypted, 'picket.flow.ja4', 'keyword', ({ ja4 }) => ja4),
    ofFacts(['tls'], 'picket.flow.tls_version', 'keyword', ({ version }) => version),
    ofFacts(['http'], 'http.request.method', 'keyword', ({ method }) => method),
    ofFacts(['http'], 'http.response.status_code', 'long', ({ status }) => status),
    ofFacts(['http'], 'url.domain', 'keyword', ({ host }) => host),
    ofFacts(['http'], 'url.original', 'keyword', ({ uri }) => uri),
    ofFacts(['http'], 'user_agent.original', 'keyword', ({ userAgent }) => userAgent),
    keyword('picket.flow.user', userOf),
    keyword('related.hosts', (flow) => {
      const { server, query } = namesOf(flow)
      return [server, query].filter((name) => name !== null)
    }),
  ]
}
