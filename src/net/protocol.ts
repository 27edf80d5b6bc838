/** Numbers of the IANA registries that several stages speak of, and their names. */

export const IpProtocol = {
  ICMP: 1,
  IGMP: 2,
  IPIP: 4,
  TCP: 6,
  UDP: 17,
  IPV6: 41,
  GRE: 47,
  ESP: 50,
  AH: 51,
  ICMPV6: 58,
  SCTP: 132,
} as const

/** TCP header flags as bits (RFC 9293 §3.1). */
export const TcpFlag = {
  FIN: 0x01,
  SYN: 0x02,
  RST: 0x04,
  PSH: 0x08,
  ACK: 0x10,
  URG: 0x20,
  ECE: 0x40,
  CWR: 0x80,
} as const

/** All but the two of congestion notification (RFC 3168), which say nothing of what a segment is for. */
export const SIX_FLAGS =
  TcpFlag.FIN | TcpFlag.SYN | TcpFlag.RST | TcpFlag.PSH | TcpFlag.ACK | TcpFlag.URG

const NAMES: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  4: 'ipip',
  6: 'tcp',
  17: 'udp',
  41: 'ipv6',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'icmp6',
  132: 'sctp',
}

/** Names an IP protocol number (`tcp`), or gives the number as text. */
export function protocolName(protocol: number): string {
  return NAMES[protocol] ?? String(protocol)
}

/** Reads a protocol name or number; null when it is neither. */
export function protocolNumber(text: string): number | null {
  for (const [number, name] of Object.entries(NAMES)) if (name === text) return Number(number)
  return /^\d{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : null
}
