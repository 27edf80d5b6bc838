/** Applications over UDP, by what their first bytes must be; a port only where bytes say too little. */
import type { Packet } from '../../decode/index.ts'
import { looksLikeDns } from './dns.ts'
import { applicationIndex, byteAt, pattern, startsWith, uint16At } from './payload-text.ts'

const DHCP = applicationIndex('dhcp')
const DNS = applicationIndex('dns')
const MDNS = applicationIndex('mdns')
const NTP = applicationIndex('ntp')
const QUIC = applicationIndex('quic')
const SNMP = applicationIndex('snmp')
const SSDP = applicationIndex('ssdp')

const MDNS_PORT = 5353
const NTP_PORT = 123

const SSDP_WORDS = ['M-SEARCH * HTTP/1.1', 'NOTIFY * HTTP/1.1'].map(pattern)
const SSDP_ANSWER = pattern('HTTP/1.1 200 OK')
const SSDP_PORT = 1900
const DHCP_COOKIE = pattern('\x63\x82\x53\x63')
const DHCP_COOKIE_AT = 236

/** Returns the index into APPLICATIONS; 0 when the bytes show nothing. */
export function recogniseDatagram(packet: Packet): number {
  const first = byteAt(packet, 0)
  if (uses(packet, MDNS_PORT) && looksLikeDns(packet)) return MDNS
  if (isNtp(packet, first)) return NTP
  if (isDhcp(packet, first)) return DHCP
  if (isSnmp(packet, first)) return SNMP
  if (isQuic(packet, first)) return QUIC
  for (const word of SSDP_WORDS) if (startsWith(packet, word)) return SSDP
  if (packet.sourcePort === SSDP_PORT && startsWith(packet, SSDP_ANSWER)) return SSDP
  return looksLikeDns(packet) ? DNS : 0
}

function uses(packet: Packet, port: number): boolean {
  return packet.sourcePort === port || packet.destinationPort === port
}

/** NTP's header has no mark of its own: version and mode must fit, and the port (RFC 5905 §7.3, §B). */
function isNtp(packet: Packet, first: number): boolean {
  if (!uses(packet, NTP_PORT)) return false
  const version = (first >>> 3) & 7
  const mode = first & 7
  if (version < 1 || version > 4 || mode === 0) return false
  // Modes 6 and 7 are control and private (monlist): shorter than the 48 bytes of time messages.
  return mode >= 6 ? packet.payloadLength >= 8 : packet.payloadLength >= 48
}

/** BOOTP's operation and hardware type, and DHCP's magic cookie (RFC 2131 §3). */
function isDhcp(packet: Packet, first: number): boolean {
  return (first === 1 || first === 2) && startsWith(packet, DHCP_COOKIE, DHCP_COOKIE_AT)
}

/** A BER sequence that begins with the version 0, 1 or 3 (RFC 1157, RFC 3416, RFC 3412). */
function isSnmp(packet: Packet, first: number): boolean {
  if (first !== 0x30) return false
  const length = byteAt(packet, 1)
  const at = length < 0x80 ? 2 : 2 + (length & 0x7f)
  if (length === 0x80 || at > 5) return false
  if (byteAt(packet, at) !== 2 || byteAt(packet, at + 1) !== 1) return false
  const version = byteAt(packet, at + 2)
  return version === 0 || version === 1 || version === 3
}

/** A long header with a known version, or a server's version negotiation (RFC 9000 §17.2, RFC 9369). */
function isQuic(packet: Packet, first: number): boolean {
  if ((first & 0xc0) !== 0xc0 || packet.payloadLength < 24) return false
  const upper = uint16At(packet, 1)
  const lower = uint16At(packet, 3)
  const isVersion1 = upper === 0 && lower === 1
  const isVersion2 = upper === 0x6b33 && lower === 0x43cf
  const isDraft = upper === 0xff00 && lower >= 0x0016 && lower <= 0x0022
  const isGoogle = (upper & 0xff00) === 0x5100 || (upper & 0xff00) === 0x5400
  return (isVersion1 || isVersion2 || isDraft || isGoogle) && byteAt(packet, 5) <= 20
}
