import { describe, expect, it } from 'vitest'
import { recogniseApplication } from '../../../../src/flow/application/index.ts'
import { APPLICATIONS } from '../../../../src/flow/flow.ts'
import { mysqlPacket } from '../../../support/messages/application-samples.ts'
import { decoded } from '../../../support/packets/decoded.ts'
import { ipv4 } from '../../../support/packets/ip-builder.ts'
import {
  bytesOf,
  concat,
  ethernet,
  tcp,
  udp,
  uint16,
} from '../../../support/packets/packet-builder.ts'
import { seededRandom } from '../../../support/seeded-random.ts'

const ends = { source: '10.0.0.1', destination: '10.0.0.2' }

function overTcp(payload: Uint8Array | string, sourcePort = 40000, destinationPort = 9): string {
  const frame = ethernet(ipv4(ends, tcp({ sourcePort, destinationPort, flags: 'PA', payload })))
  return APPLICATIONS[recogniseApplication(decoded(frame))]!
}

function overUdp(payload: Uint8Array | string, sourcePort = 40000, destinationPort = 9): string {
  const frame = ethernet(ipv4(ends, udp({ sourcePort, destinationPort, payload })))
  return APPLICATIONS[recogniseApplication(decoded(frame))]!
}

const dnsQuestion = bytesOf('\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07example\x03com\0\0\x01\0\x01')
const mysqlGreeting = '\x0a\0\0\0\x0a8.0.36\0\x08\0'
const tlsHello = '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'

describe('over TCP, on whatever port', () => {
  it.each([
    ['ssh', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['http', 'GET /index.html HTTP/1.1\r\n'],
    ['http', 'HTTP/1.1 404 Not Found\r\n'],
    ['http', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['rtsp', 'OPTIONS rtsp://camera/1 RTSP/1.0\r\n'],
    ['rtsp', 'RTSP/1.0 200 OK\r\n'],
    ['tls', tlsHello],
    ['tls', tlsHello.replace('\x01\0\x01\xfc', '\x02\0\x01\xfc')],
    ['smb', '\0\0\0\x54\xffSMBr'],
    ['smb', '\0\0\0\x54\xfeSMB@'],
    ['rdp', '\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0'],
    ['ftp', '220 (vsFTPd 3.0.3)\r\n'],
    ['ftp', '220-ProFTPD server ready\r\n'],
    ['smtp', '220 mail.example.org ESMTP Postfix\r\n'],
    ['smtp', 'EHLO client.example.org\r\n'],
    ['pop3', '+OK Dovecot ready.\r\n'],
    ['imap', '* OK [CAPABILITY IMAP4rev1] ready\r\n'],
    ['telnet', '\xff\xfd\x18\xff\xfd\x20'],
    ['vnc', 'RFB 003.008\n'],
    ['mqtt', '\x10\x1c\0\x04MQTT\x04\xc2'],
    ['mqtt', '\x10\x9c\x01\0\x06MQIsdp\x03\xc2'],
    ['unknown', '\x10\x1c\0\x04QTTM\x04\xc2'],
    ['mysql', mysqlGreeting],
    ['mysql', mysqlPacket(0, `\x0a5.5.62\0${'\x01'.repeat(66)}`)],
    ['unknown', '\x03\0\0\x16\x11\xe0\0\0\0\x01\0\xc0\x01\x0a\xc1\x02\x01\0\xc2\x02\x01\x02'],
    ['postgresql', '\0\0\0\x08\x04\xd2\x16\x2f'],
    ['redis', '*1\r\n$4\r\nPING\r\n'],
    ['redis', '-NOAUTH Authentication required.\r\n'],
    ['ldap', '\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0'],
    ['unknown', ''],
    ['unknown', 'hello'],
    ['unknown', '\x16\x03'],
    ['unknown', 'GETTING'],
  ])('%s is told by %j', (application, payload) => {
    expect(overTcp(payload)).toBe(application)
  })

  it('tells DNS by its length and header', () => {
    expect(overTcp(concat(uint16(dnsQuestion.length), dnsQuestion))).toBe('dns')
    expect(overTcp(concat(uint16(dnsQuestion.length + 1), dnsQuestion))).toBe('unknown')
  })

  it('tells a bare 220 by the port', () => {
    expect(overTcp('220 ready\r\n', 21)).toBe('ftp')
    expect(overTcp('220 ready\r\n', 25)).toBe('smtp')
  })
})

describe('over UDP', () => {
  it('tells DNS on any port, mDNS on its own', () => {
    expect(overUdp(dnsQuestion, 40000, 5000)).toBe('dns')
    expect(overUdp(dnsQuestion, 5353, 5353)).toBe('mdns')
  })

  it.each([
    ['ntp', `\x23${'\0'.repeat(47)}`, 123],
    ['ntp', '\x17\0\x03\x2a\0\0\0\0', 123],
    ['unknown', `\x23${'\0'.repeat(47)}`, 9],
    ['dhcp', `\x01\x01\x06${'\0'.repeat(233)}c\x82Sc5`, 67],
    ['snmp', '\x30\x26\x02\x01\x01\x04\x06public', 161],
    ['snmp', '\x30\x81\x80\x02\x01\x03\x30', 161],
    ['ssdp', 'M-SEARCH * HTTP/1.1\r\n', 1900],
    ['quic', `\xc3\0\0\0\x01\x08${'x'.repeat(40)}`, 443],
    ['quic', `\xd3\x6b\x33\x43\xcf\x08${'x'.repeat(40)}`, 443],
    ['quic', `\xc3Q046\x08${'x'.repeat(40)}`, 443],
    ['unknown', `\xc3\0\0\0\x09\x08${'x'.repeat(40)}`, 443],
    ['unknown', 'x'.repeat(40), 443],
  ])('%s is told by %j', (application, payload, port) => {
    expect(overUdp(payload, 40000, port)).toBe(application)
  })

  it('is not misled by a DNS identifier that looks like the beginning of QUIC', () => {
    for (const low of [0x51, 0x54]) {
      expect(overUdp(dnsQuestion.with(0, 0xe4).with(1, low), 40000, 53)).toBe('dns')
    }
  })

  it('asks more of DNS than a port number', () => {
    const noise = [
      bytesOf('\0'.repeat(40)),
      dnsQuestion.slice(0, 12),
      dnsQuestion.with(2, 0x78),
      dnsQuestion.with(3, 0x40),
      dnsQuestion.with(4, 1),
      dnsQuestion.with(12, 100),
    ]
    for (const payload of noise) expect(overUdp(payload, 40000, 53)).toBe('unknown')
  })
})

describe('random bytes', () => {
  it('are hardly ever taken for an application', () => {
    const random = seededRandom(5)
    let recognised = 0
    for (let round = 0; round < 4000; round += 1) {
      const payload = Uint8Array.from({ length: 1 + random(80) }, () => random(256))
      if (overTcp(payload) !== 'unknown' || overUdp(payload) !== 'unknown') recognised += 1
    }
    expect(recognised).toBeLessThan(20)
  })
})
