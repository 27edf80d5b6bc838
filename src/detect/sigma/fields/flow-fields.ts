/** The fields of every flow: addresses, ports, sizes, and how it ended. */
import { APPLICATIONS, CONN_STATES } from '../../../flow/flow.ts'
import { protocolName } from '../../../net/protocol.ts'
import { field, type Field, type FlowView } from './field.ts'
import { isLocal } from './local-address.ts'

const AT_ONCE = ['flow'] as const
const AT_END = ['end'] as const

/** Known with the flow's first packet. */
const OPENING_FIELDS: readonly Field[] = [
  field({
    ...{
      names: [
        'src_ip',
        'SourceIp',
        'SrcIp',
        'id.orig_h',
        'c-ip',
        'ClientIP',
        'source_ip',
        'source.ip',
      ],
    },
    ...{ type: 'address', side: 0, moments: AT_ONCE, note: 'address of who opened the flow' },
    read: ({ flow }) => flow.originatorAddress(),
  }),
  field({
    ...{
      names: [
        'dst_ip',
        'DestinationIp',
        'DstIp',
        'id.resp_h',
        's-ip',
        'r-ip',
        'destination_ip',
        'destination.ip',
      ],
    },
    ...{ type: 'address', side: 1, moments: AT_ONCE, note: 'address of who answered, or was to' },
    read: ({ flow }) => flow.responderAddress(),
  }),
  field({
    ...{
      names: ['src_port', 'SourcePort', 'id.orig_p', 'c-port', 'source_port', 'source.port'],
      type: 'number',
    },
    ...{ moments: AT_ONCE, note: 'port of who opened the flow; of ICMP the type' },
    read: ({ flow }) => flow.originatorPort,
  }),
  field({
    names: [
      'dst_port',
      'DestinationPort',
      'id.resp_p',
      's-port',
      'r-port',
      'destination_port',
      'destination.port',
    ],
    ...{
      type: 'number',
      moments: AT_ONCE,
      note: 'port of who answered, or was to; of ICMP the code',
    },
    read: ({ flow }) => flow.responderPort,
  }),
  field({
    ...{
      names: ['proto', 'Protocol', 'protocol', 'transport', 'network.transport'],
      type: 'text',
      moments: AT_ONCE,
    },
    note: 'IP protocol by name: tcp, udp, icmp, icmp6, gre …, else its number',
    read: ({ flow }) => protocolName(flow.protocol),
  }),
  field({
    ...{ names: ['local_orig', 'src_is_local'], type: 'boolean', moments: AT_ONCE },
    note: 'who opened the flow has a private, link-local, loopback or multicast address',
    read: ({ flow, addressWords }) => isLocal(flow.ipVersion, addressWords, 0),
  }),
  field({
    ...{ names: ['local_resp', 'dst_is_local', 'DestinationIsLocal'], type: 'boolean' },
    ...{ moments: AT_ONCE, note: 'the same of who answered, or was to' },
    read: ({ flow, addressWords }) => isLocal(flow.ipVersion, addressWords, 4),
  }),
  field({
    ...{ names: ['vlan'], type: 'number', moments: AT_ONCE, note: 'VLAN id; 0 without one' },
    read: ({ flow }) => flow.vlan,
  }),
  field({
    ...{ names: ['ip_version', 'network.type'], type: 'number', moments: AT_ONCE, note: '4 or 6' },
    synonyms: { ipv4: '4', ipv6: '6' },
    read: ({ flow }) => flow.ipVersion,
  }),
  field({
    ...{ names: ['community_id', 'network.community_id'], type: 'text', moments: AT_ONCE },
    note: 'Community ID, version 1',
    read: ({ flow }) => flow.communityId(),
  }),
]

const amount = (names: readonly string[], note: string, read: (flow: FlowView) => number): Field =>
  field({ names, note, type: 'number', moments: AT_END, read: ({ flow }) => read(flow) })

/** Known when the flow has ended. */
const ENDING_FIELDS: readonly Field[] = [
  field({
    ...{ names: ['service', 'application', 'app', 'network.protocol'], type: 'text', moments: AT_END },
    synonyms: { ssl: 'tls', krb: 'kerberos', krb_tcp: 'kerberos', dce_rpc: 'dcerpc' },
    note: `what the payload, not the port, says it is: ${APPLICATIONS.slice(1).join(', ')}, or unknown`,
    read: ({ flow }) => APPLICATIONS[flow.application] ?? 'unknown',
  }),
  field({
    ...{ names: ['conn_state', 'network.state'], type: 'text', moments: AT_END },
    note: `Zeek's letters: ${CONN_STATES.join(', ')}`,
    read: ({ flow }) => CONN_STATES[flow.connState] ?? 'OTH',
  }),
  amount(['duration'], 'seconds from the first packet to the last', (flow) => (flow.lastUs - flow.startUs) / 1e6),
  amount(['orig_bytes', 'cs-bytes', 'src_bytes', 'source.bytes'], 'payload bytes of who opened the flow', (flow) => flow.originatorPayloadBytes),
  amount(['resp_bytes', 'sc-bytes', 'dst_bytes', 'destination.bytes'], 'payload bytes of who answered', (flow) => flow.responderPayloadBytes),
  amount(['orig_pkts', 'source.packets'], 'packets of who opened the flow', (flow) => flow.originatorPackets),
  amount(['resp_pkts', 'destination.packets'], 'packets of who answered', (flow) => flow.responderPackets),
  amount(['orig_ip_bytes'], 'bytes of who opened the flow, headers included', (flow) => flow.originatorBytes),
  amount(['resp_ip_bytes'], 'bytes of who answered, headers included', (flow) => flow.responderBytes),
  amount(['bytes', 'total_bytes', 'network.bytes'], 'bytes both ways, headers included', (flow) => flow.originatorBytes + flow.responderBytes),
] // prettier-ignore

export const FLOW_FIELDS: readonly Field[] = [...OPENING_FIELDS, ...ENDING_FIELDS]
