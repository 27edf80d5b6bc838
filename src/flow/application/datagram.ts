/** Applications over UDP, by what their first bytes must be; a port only where bytes say too little. */
import type { Packet } from '../../decode/index.ts'
import { applicationIndex } from './applications.ts'
import { isDhcp } from './network/dhcp.ts'
import { looksLikeDns } from './network/dns/dns-message.ts'
import { isNtp } from './network/ntp.ts'
import { isQuic } from './network/quic/quic.ts'
import { isSip } from './network/sip.ts'
import { isSnmp } from './network/snmp.ts'
import { isSsdp } from './network/ssdp.ts'
import { byteAt } from './payload.ts'
import { isKerberos } from './windows/kerberos.ts'

const DHCP = applicationIndex('dhcp')
const DNS = applicationIndex('dns')
const KERBEROS = applicationIndex('kerberos')
const MDNS = applicationIndex('mdns')
const NTP = applicationIndex('ntp')
const QUIC = applicationIndex('quic')
const SIP = applicationIndex('sip')
const SNMP = applicationIndex('snmp')
const SSDP = applicationIndex('ssdp')

const MDNS_PORT = 5353
const NTP_PORT = 123

/** Returns the index into APPLICATIONS; 0 when the bytes show nothing. */
export function recogniseDatagram(packet: Packet): number {
  const first = byteAt(packet, 0)
  if (uses(packet, MDNS_PORT) && looksLikeDns(packet)) return MDNS
  if (uses(packet, NTP_PORT) && isNtp(packet, first)) return NTP
  if (isDhcp(packet, first)) return DHCP
  if (isSnmp(packet, first)) return SNMP
  if (isQuic(packet, first)) return QUIC
  if (isSsdp(packet)) return SSDP
  if (isSip(packet)) return SIP
  if (isKerberos(packet)) return KERBEROS
  return looksLikeDns(packet) ? DNS : 0
}

function uses(packet: Packet, port: number): boolean {
  return packet.sourcePort === port || packet.destinationPort === port
}
