import { describe, expect, test } from 'vitest'
import { bytesOf, concat } from '../../../../support/packets/packet-builder.ts'
import { converse } from '../../../../support/messages/spoken/spoken-http.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'
import { netbios, smb2, smb2Login, smb2LoginEnd, smb2Negotiated } from '../../../../support/messages/windows-messages.ts' // prettier-ignore

const VICTIM = '10.0.0.31'
const RELAY = '10.0.0.66'
const TARGET = '10.0.0.10'
const MORE_PROCESSING = 0xc0000016

/** MS-NLMP §2.2.1.2. */
function challengeToken(challenge: string): Uint8Array {
  const head = new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 56, 0, 0, 0, 0x15, 0x82, 0x8a, 0xe2])
  return concat(bytesOf('NTLMSSP\0'), head, bytesOf(challenge), new Uint8Array(24))
}

function asks(challenge: string): Uint8Array {
  const token = challengeToken(challenge)
  const fixed = new Uint8Array([9, 0, 0, 0, 72, 0, token.length, 0])
  return netbios(smb2({ command: 1, isResponse: true, status: MORE_PROCESSING, body: concat(fixed, token) })) // prettier-ignore
}

function logsOn(traffic: WatchedTraffic, client: string, server: string, challenge: string): void {
  const said = [
    ['>', netbios(smb2({ command: 0 }))],
    ['<', netbios(smb2Negotiated(0x0210))],
    ['>', netbios(smb2Login(bytesOf('NTLMSSP\0\x01\0\0\0')))],
    ['<', asks(challenge)],
    ['<', netbios(smb2LoginEnd(0))],
  ] as const
  converse(traffic, { client, server, serverPort: 445, said })
}

const told = (traffic: WatchedTraffic): string[] =>
  traffic
    .end()
    .filter(({ kind }) => kind === 'lateral.ntlm-relay')
    .map(({ severity, attacker, victims }) => `${severity} ${attacker} ${victims.join()}`)

describe('a login by NTLM', () => {
  test.each(['target first', 'victim first'])('that is handed on is told, %s', (order) => {
    const traffic = new WatchedTraffic()
    const pairs = [[RELAY, TARGET], [VICTIM, RELAY]] as const // prettier-ignore
    for (const [client, server] of order === 'target first' ? pairs : [...pairs].reverse()) {
      logsOn(traffic, client, server, 'abcdefgh')
    }
    expect(told(traffic)).toEqual([`7 ${RELAY} ${TARGET}`])
  })

  test('of whoever is logged on to, and logs on elsewhere, is none', () => {
    const traffic = new WatchedTraffic()
    logsOn(traffic, RELAY, TARGET, 'abcdefgh')
    logsOn(traffic, VICTIM, RELAY, 'ijklmnop')
    expect(told(traffic)).toEqual([])
  })

  test('with the same challenge of two servers that have nothing to do with each other is none', () => {
    const traffic = new WatchedTraffic()
    logsOn(traffic, VICTIM, RELAY, '\x11\x22\x33\x44\x55\x66\x77\x88')
    logsOn(traffic, VICTIM, TARGET, '\x11\x22\x33\x44\x55\x66\x77\x88')
    expect(told(traffic)).toEqual([])
  })
})
