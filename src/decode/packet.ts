/** The decoded packet: one flat, reused record that every protocol's decoder fills its part of. */

/** What the packet is, as far as it could be read. */
export const PacketKind = { NONE: 0, IP: 1, ARP: 2, OTHER: 3 } as const

/** The outermost tunnel a packet was taken out of. */
export const Tunnel = {
  NONE: 0,
  GRE: 1,
  VXLAN: 2,
  IP_IN_IP: 3,
  TEREDO: 4,
  GENEVE: 5,
  GTP: 6,
} as const

/** What IPv4's header checksum says: nothing where it was left unset or cut, and in a tunnel. */
export const HeaderChecksum = { NONE: 0, RIGHT: 1, WRONG: 2 } as const

/** What is wrong with a fragment, as bits of `Packet.fragmentFault`. */
export const FragmentFault = {
  /** It cuts TCP smaller than any path is narrow, so that flags or words pass unseen (RFC 1858 §3, RFC 3128). */
  TINY: 1,
  /** It covers bytes that another piece of the same packet brought otherwise (RFC 1858 §4, RFC 5722). */
  OVERLAP: 2,
  /** It ends where no packet can: 65,535 bytes are the most (ping of death, jolt). */
  OVERSIZED: 4,
} as const

/** Reasons for which a frame could not be read to its end; each is counted under its name. */
export const MALFORMED_REASONS = [
  'none',
  'link-truncated',
  'link-unknown',
  'vlan-truncated',
  'pppoe-header',
  'wlan-encrypted',
  'wlan-aggregated',
  'wlan-fragment',
  'wlan-checksum',
  'arp-truncated',
  'ipv4-truncated',
  'ipv4-header-length',
  'ipv4-total-length',
  'ipv4-checksum',
  'ipv6-truncated',
  'ipv6-extension',
  'tcp-truncated',
  'tcp-header-length',
  'udp-truncated',
  'udp-length',
  'icmp-truncated',
  'sctp-truncated',
  'tunnel-depth',
] as const
export type MalformedReason = (typeof MALFORMED_REASONS)[number]

/**
 * A packet, valid only until the next one is decoded into it.
 *
 * Addresses are four 32-bit words as signed integers, most significant first; IPv4 sits in the last
 * word with the others 0. `payload*` is the transport payload (after TCP/UDP/ICMP headers, or after the
 * IP header for other protocols). A later IP fragment has `isLaterFragment`: its payload is the middle of
 * something, and its ports are those of its first fragment, 0 where that was not seen.
 */
export class Packet {
  kind: number = PacketKind.NONE
  /** Index into MALFORMED_REASONS; 0 when all was well. Addresses are valid when `kind` is IP. */
  malformed = 0
  timestampUs = 0
  wireLength = 0
  /** 802.1Q identifier of the outermost tag, 0 when untagged. */
  vlan = 0
  /** MAC addresses as 48-bit integers, 0 where the link has none. */
  sourceMac = 0
  destinationMac = 0
  /** A cooked capture says that one station was meant, and not which; elsewhere `destinationMac` tells. */
  isToUnnamedStation = false
  /** One of `Tunnel`. In a tunnel all below, and the MAC addresses of bridged frames, are the inner packet's. */
  tunnel: number = Tunnel.NONE
  /** How many tunnels the packet was taken out of; 0 for a plain one, at most 3. */
  tunnelDepth = 0
  /** The ends of the outermost tunnel, as the addresses below; meaningless without one. */
  outerIpVersion = 0
  outerSource0 = 0
  outerSource1 = 0
  outerSource2 = 0
  outerSource3 = 0
  outerDestination0 = 0
  outerDestination1 = 0
  outerDestination2 = 0
  outerDestination3 = 0

  /** 4 or 6; 0 when not IP. */
  ipVersion = 0
  source0 = 0
  source1 = 0
  source2 = 0
  source3 = 0
  destination0 = 0
  destination1 = 0
  destination2 = 0
  destination3 = 0
  /** IP protocol number of the transport (after IPv6 extension headers). */
  protocol = 0
  ttl = 0
  /** Length of the IP packet by its header, in bytes on the wire. */
  ipLength = 0
  /** One of `HeaderChecksum`. */
  headerChecksum: number = HeaderChecksum.NONE
  /** IPv4: its sender chose the route (RFC 791's source routes). */
  isSourceRouted = false
  isFragment = false
  isLaterFragment = false
  /** Where the fragment's bytes belong in the whole IP payload, in bytes. */
  fragmentOffset = 0
  /** What fragments of one packet share: 16 bits for IPv4, 32 (signed) for IPv6. */
  fragmentId = 0

  /** Whether more of the packet's bytes come behind the fragment's. */
  hasMoreFragments = false
  /** The fragment's bytes in `buffer`, the transport's header included. */
  fragmentAt = 0
  fragmentCaptured = 0
  /** The fragment's bytes on the wire. */
  fragmentLength = 0
  /** Bits of `FragmentFault`. */
  fragmentFault = 0
  /** A later fragment of a TCP segment whose header was seen whole: `tcpSequence` is that of the fragment's first byte. */
  isPlacedFragment = false

  /** TCP, UDP and SCTP ports; for ICMP and ICMPv6 the type and the code. */
  sourcePort = 0
  destinationPort = 0
  /** The identifier of ICMP and ICMPv6 queries; meaningless in other messages. */
  icmpIdentifier = 0
  tcpFlags = 0
  tcpSequence = 0
  tcpAcknowledgement = 0
  tcpWindow = 0

  /** The frame's bytes; only [payloadOffset, payloadOffset + payloadCaptured) is transport payload. */
  buffer: Uint8Array = new Uint8Array(0)
  payloadOffset = 0
  /** Payload bytes present in `buffer`. */
  payloadCaptured = 0
  /** Payload bytes on the wire. */
  payloadLength = 0

  /** ARP (RFC 826): 1 request, 2 reply; sender and target IPv4 sit in source3 and destination3. */
  arpOperation = 0
  arpSenderMac = 0
  arpTargetMac = 0
}
