/** Where each member of a flow is found in every format: the second table for whoever writes searches. */
import type { Flow } from '../../../flow/flow.ts'
import { FLOW_ECS_FIELDS } from './ecs-fields.ts'

/** Where a member is found. */
export interface Places {
  /** Keys of CEF, header fields by their names in the standard. */
  readonly cef: string
  /** Names in Splunk's Common Information Model (Intrusion Detection, Alerts, Network Traffic); empty where it has none. */
  readonly cim: string
}

/** CIM: Network Traffic. A member that is new does not compile without a place. */
export const FLOW_PLACES: { readonly [Member in keyof Flow]-?: Places } = {
  communityId: { cef: 'cs6', cim: 'flow_id' },
  interface: { cef: 'deviceInboundInterface', cim: 'dvc_interface' },
  ipVersion: { cef: '', cim: '' },
  originator: { cef: 'src, c6a2', cim: 'src, src_ip' },
  originatorPort: { cef: 'spt', cim: 'src_port' },
  responder: { cef: 'dst, c6a3', cim: 'dest, dest_ip' },
  responderPort: { cef: 'dpt', cim: 'dest_port' },
  protocol: { cef: 'proto', cim: 'transport' },
  vlan: { cef: '', cim: 'vlan' },
  startUs: { cef: 'start', cim: '' },
  endUs: { cef: 'rt, end', cim: '_time' },
  originatorPackets: { cef: 'flexNumber2', cim: 'packets_out' },
  responderPackets: { cef: 'flexNumber2', cim: 'packets_in' },
  originatorBytes: { cef: 'in, cn2', cim: 'bytes_out' },
  responderBytes: { cef: 'out, cn3', cim: 'bytes_in' },
  originatorPayloadBytes: { cef: '', cim: '' },
  responderPayloadBytes: { cef: '', cim: '' },
  originatorTcpFlags: { cef: '', cim: '' },
  responderTcpFlags: { cef: '', cim: '' },
  retransmissions: { cef: '', cim: '' },
  handshakeRttUs: { cef: '', cim: '' },
  connState: { cef: 'cs1', cim: '' },
  application: { cef: 'app', cim: 'app' },
  facts: { cef: 'dhost, requestMethod, request, requestClientApplication, cs2', cim: '' },
  endReason: { cef: 'reason', cim: '' },
  anomalyScore: { cef: 'cfp1', cim: '' },
  attackScore: { cef: 'cfp2', cim: '' },
  process: {
    cef: 'dproc, dpid, duser, duid, sproc, spid, suser, suid',
    cim: 'process_id, user',
  },
}

/** Names the fields of the schema that carry a member of the flow. */
export function flowEcsFieldOf(member: string): string {
  return FLOW_ECS_FIELDS[member as keyof Flow].map(({ name }) => name).join(', ')
}
