import { describe, expect, test } from 'vitest'
import { ipData, icmp6 } from '../../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const ATTACKER = '2001:db8::66'
const VICTIM = '2001:db8::5'
const DESTINATION_OPTIONS = 60

/** So many destination options in a row, and nothing behind them. */
function chain(headers: number): Uint8Array {
  const bytes = new Uint8Array(headers * 8)
  for (let at = 0; at < bytes.length; at += 8) {
    const isLast = at + 8 === bytes.length
    bytes.set([isLast ? 59 : DESTINATION_OPTIONS, 0, 1, 4, 0, 0, 0, 0], at)
  }
  return bytes
}

function told(headers: number, packets: number) {
  const traffic = new WatchedTraffic()
  const payload = ipData(DESTINATION_OPTIONS, chain(headers))
  for (let count = 0; count < packets; count += 1) traffic.send(ATTACKER, VICTIM, payload)
  return traffic.end()
}

describe('IPv6 packets with chains of headers', () => {
  test('that never seem to end are a flood of their sender', () => {
    expect(told(150, 300)).toMatchObject([
      { kind: 'flood.ip', attacker: ATTACKER, victims: [VICTIM] },
    ])
  })

  test('are none where a few are damaged', () => {
    expect(told(150, 15)).toEqual([])
  })
})

test('pings to all nodes in the name of a host are told by the burst of a moment', () => {
  const traffic = new WatchedTraffic()
  for (let sequence = 0; sequence < 150; sequence += 1) {
    traffic.send('fe80::7', 'ff02::1', icmp6({ type: 128, identifier: 7, sequence }), 100)
  }
  expect(traffic.end()).toMatchObject(
    expect.arrayContaining([
      expect.objectContaining({ kind: 'amplification.smurf', victims: ['fe80::7'] }),
    ]),
  )
})
