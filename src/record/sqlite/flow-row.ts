/** How a flow lies in its table, written and read in one place so that the two cannot drift apart. */
import type { Flow } from '../../flow/flow.ts'
import { addressKeyOfText, addressOfKey } from './address-key.ts'

/** The columns after `row`, in the order of `flowValues`. */
export const FLOW_COLUMNS = [
  'recorded_at_s', 'start_us', 'end_us', 'originator', 'originator_port', 'responder',
  'responder_port', 'protocol', 'vlan', 'interface', 'community_id', 'originator_packets',
  'responder_packets', 'originator_bytes', 'responder_bytes', 'originator_payload_bytes',
  'responder_payload_bytes', 'originator_tcp_flags', 'responder_tcp_flags', 'retransmissions',
  'handshake_rtt_us', 'conn_state', 'application', 'end_reason', 'anomaly_score', 'attack_score',
] as const // prettier-ignore

type Value = string | number | Buffer | null

export type FlowRow = Readonly<Record<(typeof FLOW_COLUMNS)[number], Value>> & {
  readonly row: number
}

/** Returns the flow's values in the order of FLOW_COLUMNS; null when an address cannot be read. */
export function flowValues(flow: Flow, recordedAtS: number): Value[] | null {
  const originator = addressKeyOfText(flow.originator)
  const responder = addressKeyOfText(flow.responder)
  if (originator === null || responder === null) return null
  return [
    recordedAtS,
    Math.trunc(flow.startUs),
    Math.trunc(flow.endUs),
    originator,
    flow.originatorPort,
    responder,
    flow.responderPort,
    flow.protocol,
    flow.vlan,
    flow.interface,
    packCommunityId(flow.communityId),
    flow.originatorPackets,
    flow.responderPackets,
    flow.originatorBytes,
    flow.responderBytes,
    flow.originatorPayloadBytes,
    flow.responderPayloadBytes,
    flow.originatorTcpFlags,
    flow.responderTcpFlags,
    flow.retransmissions,
    flow.handshakeRttUs === null ? null : Math.trunc(flow.handshakeRttUs),
    flow.connState,
    flow.application,
    flow.endReason,
    flow.anomalyScore,
    flow.attackScore,
  ]
}

/** Returns the flow that a row of the table holds. */
export function flowOfRow(row: FlowRow): Flow {
  const originator = row.originator as Buffer
  return {
    communityId: unpackCommunityId(row.community_id as Buffer | string),
    interface: row.interface as string,
    ipVersion: originator[0]!,
    originator: addressOfKey(originator),
    originatorPort: row.originator_port as number,
    responder: addressOfKey(row.responder as Buffer),
    responderPort: row.responder_port as number,
    protocol: row.protocol as number,
    vlan: row.vlan as number,
    startUs: row.start_us as number,
    endUs: row.end_us as number,
    originatorPackets: row.originator_packets as number,
    responderPackets: row.responder_packets as number,
    originatorBytes: row.originator_bytes as number,
    responderBytes: row.responder_bytes as number,
    originatorPayloadBytes: row.originator_payload_bytes as number,
    responderPayloadBytes: row.responder_payload_bytes as number,
    originatorTcpFlags: row.originator_tcp_flags as number,
    responderTcpFlags: row.responder_tcp_flags as number,
    retransmissions: row.retransmissions as number,
    handshakeRttUs: row.handshake_rtt_us as number | null,
    connState: row.conn_state as Flow['connState'],
    application: row.application as Flow['application'],
    facts: null,
    endReason: row.end_reason as Flow['endReason'],
    anomalyScore: row.anomaly_score as number | null,
    attackScore: row.attack_score as number | null,
  }
}

/**
 * Packs `1:` and 28 characters of base64 into the 20 bytes of the hash they spell; any other text is
 * kept as it is.
 */
export function packCommunityId(communityId: string): Buffer | string {
  if (!/^1:[A-Za-z0-9+/]{27}=$/.test(communityId)) return communityId
  return Buffer.from(communityId.slice(2), 'base64')
}

function unpackCommunityId(packed: Buffer | string): string {
  return typeof packed === 'string' ? packed : `1:${packed.toString('base64')}`
}
