/** One conversation of each application, for tests that hold for all of them. */
import { clientInitial, cryptoFrame } from './quic-initials.ts'
import { ber, berInteger, berSequence, berText } from './ber-builder.ts'
import { dnsAddress, dnsMessage, dnsName, dnsRecord, edns } from './dns-messages.ts'
import { bytesOf, concat, uint16, uint32, type Content } from '../packets/packet-builder.ts'
import type { Said } from './spoken/spoken-flow.ts'
import { certificateMessage, clientHello, serverHello, tlsRecord } from './tls-messages.ts'
import {
  asRequest,
  kerberosError,
  ldapBind,
  ldapResult,
  ldapSasl,
  netbios,
  ntlmLogin,
  smb1,
  smb2Create,
  smb2Login,
  smb2LoginEnd,
  smb2Negotiated,
  smb2Tree,
  ticketReply,
  utf16,
} from './windows-messages.ts'

export interface Sample {
  readonly application: string
  readonly transport: 'tcp' | 'udp'
  readonly port: number
  readonly said: readonly Said[]
}

/** Their logins are told, and nothing is kept with the flow. */
export const TOLD_ONLY: readonly string[] = ['mqtt', 'rtsp']

/** What stands for every password, hash and community string. */
export const SECRET = 'hunter2'

/** SSH's key exchange message: name lists as given, the rest empty. */
export function kexInit(lists: readonly string[]): Uint8Array {
  const named = Array.from({ length: 10 }, (_, index) => lists[index] ?? '')
  const texts = named.map((list) => concat(uint32(list.length), bytesOf(list)))
  const body = concat(new Uint8Array([4, 20]), new Uint8Array(16), ...texts, new Uint8Array(9))
  return concat(uint32(body.length), body)
}

/** A MySQL packet: three bytes of length, the sequence, the content. */
export function mysqlPacket(sequence: number, content: Content): Uint8Array {
  const bytes = bytesOf(content)
  return concat(new Uint8Array([bytes.length & 255, bytes.length >>> 8, 0, sequence]), bytes)
}

/** MySQL's login of a user; `\x05\xa6\x0f\0` are capabilities with protocol 4.1. */
export const mysqlLogin = (user: string): Uint8Array =>
  mysqlPacket(1, `\x05\xa6\x0f\0${'\0'.repeat(28)}${user}\0\x07hunter2`)

/** PostgreSQL's start-up message. */
export function postgresqlStart(parameters: Readonly<Record<string, string>>): Uint8Array {
  const text = Object.entries(parameters).flat().join('\0')
  const body = concat(uint32(0x30000), bytesOf(`${text}\0\0`))
  return concat(uint32(body.length + 4), body)
}

/** A PostgreSQL message: its letter, its length, its content. */
export const postgresqlMessage = (letter: string, content: Content): Uint8Array =>
  concat(bytesOf(letter), uint32(bytesOf(content).length + 4), bytesOf(content))

/** An SNMP message; version 1 is 2c. */
export const snmpMessage = (version: number, community: string, pdu: number): Uint8Array =>
  berSequence(berInteger(version), berText(community), ber(pdu, berInteger(1)))

/** A DHCP message of a kind (1 discover, 2 offer) with further options. */
export function dhcpMessage(kind: number, options: readonly Uint8Array[] = []): Uint8Array {
  const head = new Uint8Array(240)
  head.set([kind === 2 ? 2 : 1, 1, 6])
  head.set([2, 0, 0, 0, 0, 9], 28)
  head.set(bytesOf('c\x82Sc'), 236)
  return concat(head, new Uint8Array([53, 1, kind]), ...options, new Uint8Array([255]))
}

/** One DHCP option. */
export const dhcpOption = (code: number, content: Content): Uint8Array =>
  concat(new Uint8Array([code, bytesOf(content).length]), bytesOf(content))

const treeWords = concat(new Uint8Array(6), new Uint8Array([1, 0]))
const tcp = (application: string, port: number, ...said: readonly Said[]): Sample => ({ application, transport: 'tcp', port, said }) // prettier-ignore
const udp = (application: string, port: number, ...said: readonly Said[]): Sample => ({ application, transport: 'udp', port, said }) // prettier-ignore

const hello = clientHello({
  extensions: [0, 10, 11, 13, 16, 43],
  name: 'example.org',
  protocols: ['h2'],
  groups: [29],
  pointFormats: [0],
  versions: [0x0304],
  signatureAlgorithms: [0x0403],
})
/** A frame of HTTP/2 of less than 256 bytes on the first stream, or on the connection. */
const http2Frame = (type: number, flags: number, content: string): string =>
  `\0\0${String.fromCharCode(content.length, type, flags)}\0\0\0${type === 4 ? '\0' : '\x01'}${content}`
const framed = (message: Uint8Array): Uint8Array => concat(uint16(message.length), message)
const answer = dnsMessage({
  flags: 0x8180,
  answers: [dnsRecord(5, dnsName('a', 'b')), dnsAddress('192.0.2.1'), dnsRecord(16, '\x04text'), dnsRecord(33, concat(uint32(1), uint16(80), dnsName('srv')))], // prettier-ignore
  authorities: [dnsRecord(2, dnsName('ns'))],
  additionals: [edns(1232)],
})

export const SAMPLES: readonly Sample[] = [
  udp('dns', 53, ['>', dnsMessage()], ['<', answer]), // prettier-ignore
  tcp('dns', 53, ['>', framed(dnsMessage())], ['<', framed(answer)]), // prettier-ignore
  tcp('tls', 443, ['>', tlsRecord(hello)], ['<', tlsRecord(concat(serverHello({ alpn: 'h2' }), certificateMessage()))]), // prettier-ignore
  tcp('http', 80, ['>', 'GET /a HTTP/1.1\r\nHost: b\r\nAuthorization: Basic hunter2\r\n\r\n'], ['<', 'HTTP/1.1 200 OK\r\nContent-Type: d\r\n\r\ne']), // prettier-ignore
  tcp('http', 80, ['>', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${http2Frame(4, 0, '')}${http2Frame(1, 4, '\x82\x86\x84\x41\x01b\x0f\x08\x0dBasic hunter2')}${http2Frame(0, 1, 'body')}`], ['<', `${http2Frame(4, 0, '')}${http2Frame(1, 4, '\x88')}${http2Frame(0, 1, 'e')}`]), // prettier-ignore
  tcp('ssh', 22, ['<', 'SSH-2.0-a\r\n'], ['>', 'SSH-2.0-b\r\n'], ['>', kexInit(['kex', 'key'])], ['<', kexInit(['kex', 'key'])]), // prettier-ignore
  tcp('ftp', 21, ['<', '220 ftp\r\n'], ['>', 'USER a\r\n'], ['<', '331 go\r\n'], ['>', 'PASS hunter2\r\n'], ['<', '530 no\r\n']), // prettier-ignore
  tcp('smtp', 25, ['<', '220 a ESMTP\r\n'], ['>', 'EHLO c\r\n'], ['<', '250 ok\r\n'], ['>', 'AUTH PLAIN hunter2\r\n'], ['<', '535 no\r\n']), // prettier-ignore
  tcp('pop3', 110, ['<', '+OK a\r\n'], ['>', 'APOP u hunter2\r\n'], ['<', '-ERR no\r\n']),
  tcp('imap', 143, ['<', '* OK a\r\n'], ['>', 'a LOGIN "u" hunter2\r\n'], ['<', 'a NO no\r\n']),
  tcp('telnet', 23, ['<', '\xff\xfd\x18\xff\xfa\x18\x01\xff\xf0login: '], ['>', 'u\r\n'], ['<', 'Password: '], ['>', 'hunter2\r\n'], ['<', 'Login incorrect\r\n']), // prettier-ignore
  tcp('smb', 445, ['<', netbios(smb2Negotiated(0x0311))], ['>', netbios(smb2Login(ntlmLogin('D', 'u', 'W')))], ['<', netbios(smb2LoginEnd(0xc000006d))], ['>', netbios(smb2Tree('\\\\h\\IPC$'), smb2Create('svcctl'))]), // prettier-ignore
  tcp('smb', 445, ['>', netbios(smb1(0x73, new Uint8Array(24), ntlmLogin('D', 'u', 'W')))], ['<', netbios(smb1(0x73, new Uint8Array(6), new Uint8Array(2), { isResponse: true }))], ['>', netbios(smb1(0x75, treeWords, concat(new Uint8Array(1), utf16('\\\\h\\C$\0'))))]), // prettier-ignore
  tcp('rdp', 3389, ['>', '\x03\0\0\x27\x22\xe0\0\0\0\0\0Cookie: mstshash=hello\r\n\x01\0\x08\0'], ['<', '\x03\0\0\x13\x0e\xd0\0\0\0\0\0\x02\0\x08\0\x01\0\0\0']), // prettier-ignore
  udp('kerberos', 88, ['>', asRequest({ hasProof: true })], ['<', kerberosError(24)], ['<', ticketReply(0x6d, 'alice', 23)]), // prettier-ignore
  tcp('kerberos', 88, ['>', netbios(asRequest())], ['<', netbios(ticketReply(0x6b, 'alice', 18))]), // prettier-ignore
  tcp('ldap', 389, ['>', ldapBind('cn=a', SECRET)], ['<', ldapResult(49)], ['>', ldapSasl('GSS-SPNEGO', ntlmLogin('D', 'u', 'W'))], ['<', ldapResult(0)]), // prettier-ignore
  tcp('mysql', 3306, ['<', mysqlPacket(0, `\x0a8.0.36\0${'\0'.repeat(40)}`)], ['>', mysqlLogin('root')], ['<', mysqlPacket(2, '\xff\x15\x04#28000Access denied')]), // prettier-ignore
  tcp('postgresql', 5432, ['>', postgresqlStart({ user: 'u', database: 'd' })], ['<', postgresqlMessage('E', 'SFATAL\0C28P01\0\0')]), // prettier-ignore
  tcp('redis', 6379, ['>', '*2\r\n$4\r\nAUTH\r\n$7\r\nhunter2\r\n'], ['<', '-WRONGPASS no\r\n']),
  tcp('mqtt', 1883, ['>', '\x10\x1c\0\x04MQTT\x04\xc2\0\x3c\0\x01c\0\x04user\0\x07hunter2'], ['<', '\x20\x02\0\x05']), // prettier-ignore
  tcp('rtsp', 554, ['>', 'DESCRIBE rtsp://h/1 RTSP/1.0\r\nCSeq: 2\r\nAuthorization: Basic dTpodW50ZXIy\r\n\r\n'], ['<', 'RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\n\r\n']), // prettier-ignore
  udp('ntp', 123, ['>', '\x17\0\x03\x2a\0\0\0\0'], ['<', `\x24${'\0'.repeat(47)}`]),
  udp('snmp', 161, ['>', snmpMessage(1, SECRET, 0xa5)], ['<', snmpMessage(1, SECRET, 0xa2)]), // prettier-ignore
  udp('dhcp', 67, ['>', dhcpMessage(1, [dhcpOption(12, 'host'), dhcpOption(60, 'MSFT')])]),
  udp('quic', 443, ['>', `\xc3\0\0\0\x01\x08${'d'.repeat(8)}\x04${'s'.repeat(40)}`]),
  udp('quic', 443, ['>', clientInitial([cryptoFrame(0)])]),
]
