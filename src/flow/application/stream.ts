/** Applications over TCP, by what their first bytes must be. */
import type { Packet } from '../../decode/index.ts'
import { looksLikeDns } from './dns.ts'
import { recogniseGreeting } from './greeting.ts'
import { applicationIndex, byteAt, pattern, startsWith, uint16At } from './payload-text.ts'

const DNS = applicationIndex('dns')
const HTTP = applicationIndex('http')
const MYSQL = applicationIndex('mysql')
const POSTGRESQL = applicationIndex('postgresql')
const RDP = applicationIndex('rdp')
const REDIS = applicationIndex('redis')
const RTSP = applicationIndex('rtsp')
const SMB = applicationIndex('smb')
const SSH = applicationIndex('ssh')
const TELNET = applicationIndex('telnet')
const TLS = applicationIndex('tls')
const VNC = applicationIndex('vnc')

const HTTP_METHODS = [
  'GET ', 'POST ', 'HEAD ', 'PUT ', 'DELETE ', 'OPTIONS ', 'PATCH ', 'CONNECT ', 'TRACE ',
  'PROPFIND ', 'PRI * HTTP/2',
].map(pattern) // prettier-ignore
const HTTP_VERSION = pattern('HTTP/')
const RTSP_VERSION = pattern('RTSP/')
const RTSP_METHODS = ['DESCRIBE rtsp', 'SETUP rtsp', 'OPTIONS rtsp', 'PLAY rtsp'].map(pattern)
const SSH_BANNER = pattern('SSH-')
const VNC_BANNER = pattern('RFB 0')
const SMB1 = pattern('\xffSMB')
const SMB2 = pattern('\xfeSMB')
const REDIS_WORDS = ['PING\r\n', 'INFO\r\n', '+PONG\r\n', '-NOAUTH ', '-ERR '].map(pattern)

/** Returns the index into APPLICATIONS; 0 when the bytes show nothing. */
export function recogniseStream(packet: Packet): number {
  const first = byteAt(packet, 0)
  // Letters first: text protocols are the most.
  if (first >= 0x41 && first <= 0x5a) return recogniseText(packet)
  return recogniseBinary(packet, first)
}

function recogniseText(packet: Packet): number {
  if (startsWith(packet, SSH_BANNER)) return SSH
  if (startsWith(packet, HTTP_VERSION)) return HTTP
  if (startsWith(packet, RTSP_VERSION) || beginsWithAny(packet, RTSP_METHODS)) return RTSP
  if (beginsWithAny(packet, HTTP_METHODS)) return HTTP
  if (startsWith(packet, VNC_BANNER)) return VNC
  if (beginsWithAny(packet, REDIS_WORDS)) return REDIS
  return recogniseGreeting(packet)
}

function recogniseBinary(packet: Packet, first: number): number {
  if (isTls(packet, first)) return TLS
  if (first === 0 && (startsWith(packet, SMB1, 4) || startsWith(packet, SMB2, 4))) return SMB
  if (isRdp(packet, first)) return RDP
  // Telnet opens with option negotiation: IAC, then WILL, WONT, DO or DONT (RFC 854).
  if (first === 0xff && byteAt(packet, 1) >= 0xfb && byteAt(packet, 1) <= 0xfe) return TELNET
  if (isPostgresql(packet)) return POSTGRESQL
  if (isMysql(packet)) return MYSQL
  if (isRedisArray(packet, first) || beginsWithAny(packet, REDIS_WORDS)) return REDIS
  if (isDns(packet)) return DNS
  return recogniseGreeting(packet)
}

function beginsWithAny(packet: Packet, patterns: readonly Uint8Array[]): boolean {
  for (const bytes of patterns) if (startsWith(packet, bytes)) return true
  return false
}

/** A TLS record that holds a client or server hello (RFC 8446 §5.1). */
function isTls(packet: Packet, first: number): boolean {
  if (first !== 0x16 || byteAt(packet, 1) !== 3 || byteAt(packet, 2) > 4) return false
  const handshake = byteAt(packet, 5)
  return handshake === 1 || handshake === 2
}

/** TPKT with an X.224 connection request or confirm (MS-RDPBCGR §2.2.1.1, RFC 1006). */
function isRdp(packet: Packet, first: number): boolean {
  if (first !== 3 || byteAt(packet, 1) !== 0) return false
  if (uint16At(packet, 2) !== packet.payloadLength) return false
  const kind = byteAt(packet, 5)
  return kind === 0xe0 || kind === 0xd0
}

/** A start-up, SSL or GSS request: its length, then version 3.0 or a magic number. */
function isPostgresql(packet: Packet): boolean {
  if (uint16At(packet, 0) !== 0 || uint16At(packet, 2) !== packet.payloadLength) return false
  const major = uint16At(packet, 4)
  const minor = uint16At(packet, 6)
  return (major === 3 && minor <= 2) || (major === 1234 && minor >= 5678 && minor <= 5680)
}

/** The server's greeting: length, sequence 0, protocol 10, a version of digits. */
function isMysql(packet: Packet): boolean {
  const length = byteAt(packet, 0) | (byteAt(packet, 1) << 8) | (byteAt(packet, 2) << 16)
  if (length + 4 !== packet.payloadLength || byteAt(packet, 3) !== 0) return false
  const digit = byteAt(packet, 5)
  return byteAt(packet, 4) === 10 && digit >= 0x30 && digit <= 0x39
}

/** A command as an array of bulk strings: `*3\r\n$3\r\n…`. */
function isRedisArray(packet: Packet, first: number): boolean {
  if (first !== 0x2a) return false
  const at = byteAt(packet, 2) === 0x0d ? 2 : 3
  return uint16At(packet, at) === 0x0d0a && byteAt(packet, at + 2) === 0x24
}

function isDns(packet: Packet): boolean {
  return uint16At(packet, 0) + 2 === packet.payloadLength && looksLikeDns(packet, 2)
}
