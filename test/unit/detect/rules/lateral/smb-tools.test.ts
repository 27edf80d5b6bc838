import { describe, expect, test } from 'vitest'
import { bytesOf, concat, type Content } from '../../../../support/packets/packet-builder.ts'
import { converse } from '../../../../support/messages/spoken/spoken-http.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'
import {
  netbios,
  smb2Negotiate,
  smb2Negotiated,
} from '../../../../support/messages/windows-messages.ts'

const CLIENT = '10.0.0.5'
const SERVER = '10.0.0.9'
const LETTERS = bytesOf('MpNQIKuoOdvrMXEB')
const RANDOM = Uint8Array.from([84, 11, 227, 63, 166, 235, 169, 64, 140, 219, 25, 16, 203, 198, 123, 232]) // prettier-ignore
const RESPONDER = Uint8Array.from([0xee, 0x85, 0xab, 0xf7, 0xea, 0xf6, 0x0c, 0x4f, 0x92, 0x81, 0x92, 0x47, 0x6d, 0xeb, 0x76, 0xa9]) // prettier-ignore
const SEALED = concat(bytesOf('\xfdSMB'), new Uint8Array(60))

function told(client: Uint8Array, server: Uint8Array): readonly object[] {
  const traffic = new WatchedTraffic()
  const said: readonly ['>' | '<', Content][] = [
    ['>', netbios(smb2Negotiate(client))],
    ['<', netbios(smb2Negotiated(0x0302, server))],
    ['>', netbios(SEALED)],
  ]
  converse(traffic, { client: CLIENT, server: SERVER, serverPort: 445, said })
  return traffic.end()
}

describe('a tool of attackers is known by its GUID, though all else is sealed', () => {
  test("Impacket's programs as clients and as servers", () => {
    expect(told(LETTERS, RANDOM)).toMatchObject([
      { kind: 'lateral.attack-tool', attacker: CLIENT, victims: [SERVER], severity: 5 },
    ])
    expect(told(RANDOM, bytesOf('A'.repeat(16)))).toMatchObject([
      { kind: 'lateral.attack-tool', attacker: SERVER, victims: [CLIENT] },
    ])
  })

  test("Nmap's scripts, and Responder", () => {
    expect(told(bytesOf('1234567890123456'), RANDOM)).toMatchObject([
      { kind: 'scan.service', attacker: CLIENT },
    ])
    expect(told(RANDOM, RESPONDER)).toMatchObject([
      { kind: 'spoofing.names', attacker: SERVER, victims: [CLIENT], severity: 7 },
    ])
  })

  test('and nobody else is, with a GUID drawn by lot or none', () => {
    expect(told(RANDOM, RANDOM)).toEqual([])
    expect(told(new Uint8Array(16), new Uint8Array(16))).toEqual([])
  })
})
