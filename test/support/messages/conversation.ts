/** Two hosts that talk: packets of both directions without repeating addresses and ports. */
import { ipv4, ipv6 } from '../packets/ip-builder.ts'
import {
  tcp,
  udp,
  type LinkPayload,
  type TcpFields,
  type UdpFields,
} from '../packets/packet-builder.ts'

export interface Conversation {
  /** From the originator. */
  tcpOut(flags: string, fields?: TcpFields): LinkPayload
  /** From the responder. */
  tcpBack(flags: string, fields?: TcpFields): LinkPayload
  udpOut(payload?: UdpFields['payload']): LinkPayload
  udpBack(payload?: UdpFields['payload']): LinkPayload
}

export interface Ends {
  readonly originator?: string
  readonly responder?: string
  readonly originatorPort?: number
  readonly responderPort?: number
}

/** Makes the packets of one five-tuple. */
export function conversation(ends: Ends = {}): Conversation {
  const { originator = '10.0.0.1', responder = '10.0.0.2' } = ends
  const { originatorPort = 40000, responderPort = 80 } = ends
  const ip = originator.includes(':') ? ipv6 : ipv4
  const there = { source: originator, destination: responder }
  const back = { source: responder, destination: originator }
  const portsThere = { sourcePort: originatorPort, destinationPort: responderPort }
  const portsBack = { sourcePort: responderPort, destinationPort: originatorPort }
  return {
    tcpOut: (flags, fields) => ip(there, tcp({ flags, ...portsThere, ...fields })),
    tcpBack: (flags, fields) => ip(back, tcp({ flags, ...portsBack, ...fields })),
    udpOut: (payload = 'x') => ip(there, udp({ ...portsThere, payload })),
    udpBack: (payload = 'x') => ip(back, udp({ ...portsBack, payload })),
  }
}

/** The three packets of a handshake; sequence numbers 100 and 200. */
export function handshake(talk: Conversation): LinkPayload[] {
  return [
    talk.tcpOut('S', { sequence: 100 }),
    talk.tcpBack('SA', { sequence: 200, acknowledgement: 101 }),
    talk.tcpOut('A', { sequence: 101, acknowledgement: 201 }),
  ]
}
