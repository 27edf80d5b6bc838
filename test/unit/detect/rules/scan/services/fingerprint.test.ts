import { describe, expect, test } from 'vitest'
import { icmp, icmp6 } from '../../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const SCANNER = '192.0.2.7'
const HOST = '10.0.0.5'

function asked(...questions: readonly (readonly [type: number, code: number])[]) {
  const traffic = new WatchedTraffic()
  for (const [type, code] of questions) {
    const fields = { type, code, identifier: 7, sequence: 1, payload: new Uint8Array(12) }
    traffic.send(SCANNER, HOST, icmp(fields), 200_000)
  }
  return traffic.end()
}

describe('questions by ICMP', () => {
  test('for time, mask and network are a fingerprint', () => {
    expect(asked([13, 0], [17, 0], [15, 0])).toMatchObject([
      { kind: 'scan.fingerprint', attacker: SCANNER, victims: [HOST] },
    ])
  })

  test('for the time alone, beside pings, are none', () => {
    expect(asked([8, 0], [13, 0], [8, 0], [13, 0])).toEqual([])
  })

  test('of types that IPv6 does not know are one', () => {
    const traffic = new WatchedTraffic()
    for (const type of [5, 7, 99, 170]) {
      traffic.send('2001:db8::66', '2001:db8::5', icmp6({ type }), 200_000)
    }
    expect(traffic.end()).toMatchObject([{ kind: 'scan.fingerprint', attacker: '2001:db8::66' }])
  })
})
