import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { dhcpMessage, dhcpOption, kexInit, snmpMessage } from '../../../../support/messages/application-samples.ts' // prettier-ignore
import { addressBytes } from '../../../../support/packets/packet-builder.ts'
import { overTcp, overUdp } from '../../../../support/messages/spoken/spoken-flow.ts'

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

describe('SSH', () => {
  const client = kexInit(['kex', 'hostkey', 'enc-c', 'enc-s', 'mac-c', 'mac-s', 'zip-c', 'zip-s'])

  it('tells both version lines and HASSH', () => {
    const { facts, told } = overTcp([
      ['<', 'SSH-2.0-OpenSSH_9.2\r\n'],
      ['>', 'SSH-2.0-libssh_0.9\r\n'],
      ['>', client.subarray(0, 40)],
      ['>', client.subarray(40)],
      ['<', client],
    ])
    expect(facts).toEqual({
      kind: 'ssh',
      client: 'SSH-2.0-libssh_0.9',
      server: 'SSH-2.0-OpenSSH_9.2',
      hassh: md5('kex;enc-c;mac-c;zip-c'),
      hasshServer: md5('kex;enc-s;mac-s;zip-s'),
    })
    expect(told).toMatchObject([{ isFromResponder: true }, { isFromResponder: false }])
  })
})

describe('RDP', () => {
  it('tells the name in the cookie and the security chosen', () => {
    const { facts } = overTcp([
      ['>', '\x03\0\0\x27\x22\xe0\0\0\0\0\0Cookie: mstshash=admin\r\n\x01\0\x08\0'],
      ['<', '\x03\0\0\x13\x0e\xd0\0\0\0\0\0\x02\0\x08\0\x02\0\0\0'],
    ])
    expect(facts).toEqual({ kind: 'rdp', user: 'admin', security: 'credssp' })
  })
})

describe('NTP, SNMP and DHCP', () => {
  it('a request for monlist is told from the time of day', () => {
    const time = `\x23${'\0'.repeat(47)}`
    const monlist = '\x17\0\x03\x2a\0\0\0\0'
    const { facts } = overUdp([['>', time], ['<', time], ['>', monlist]], { serverPort: 123 }) // prettier-ignore
    expect(facts).toEqual({ kind: 'ntp', version: 2, mode: 7, isMonlist: true, messages: 3 })
  })

  it('a community is known by its length alone', () => {
    const { facts } = overUdp([['>', snmpMessage(1, 'private', 0xa3)]], { serverPort: 161 })
    expect(facts).toEqual({ kind: 'snmp', version: '2c', communityBytes: 7, pdu: 'set', messages: 1 }) // prettier-ignore
  })

  it('a DHCP server names itself, a client its host', () => {
    const asks = dhcpMessage(1, [dhcpOption(12, 'laptop\0'), dhcpOption(60, 'MSFT 5.0')])
    const offers = dhcpMessage(2, [54, 3, 6].map((code) => dhcpOption(code, addressBytes('192.0.2.9')))) // prettier-ignore
    offers.set(addressBytes('192.0.2.77'), 16)
    const { told } = overUdp([['>', asks], ['<', offers]], { clientPort: 68, serverPort: 67 }) // prettier-ignore
    expect(told).toMatchObject([
      { message: 'discover', hostname: 'laptop\\u{0}', vendorClass: 'MSFT 5.0', address: null },
      { message: 'offer', address: '192.0.2.77', serverId: '192.0.2.9', router: '192.0.2.9' },
    ])
  })
})

describe('QUIC', () => {
  it('tells version and lengths of the connection identifiers', () => {
    const first = `\xc3\x6b\x33\x43\xcf\x08${'d'.repeat(8)}\x04${'s'.repeat(40)}`
    expect(overUdp([['>', first]]).facts).toMatchObject({
      ...{ version: '2', destinationIdBytes: 8, sourceIdBytes: 4 },
    })
  })
})
