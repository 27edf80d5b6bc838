import { describe, expect, test } from 'vitest'
import type { Card } from '../../../../../support/packets/link-traffic.ts'
import { arp, ethernet } from '../../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const GATEWAY: Card = { mac: '00:11:22:00:00:01', address: '10.0.0.1' }
const VICTIM: Card = { mac: '00:33:44:00:00:02', address: '10.0.0.2' }
const THIEF: Card = { mac: '00:55:66:00:00:03', address: '10.0.0.3' }
const SECOND = 1_000_000

describe('ARP spoofing', () => {
  test('of a host never heard is told by the tool that gives the address back at its end', () => {
    const traffic = new WatchedTraffic()
    const tell = (round: number, mac: string): void => {
      const from = { senderMac: mac, sender: GATEWAY.address, targetMac: VICTIM.mac }
      const reply = arp({ ...from, operation: 2, target: VICTIM.address })
      traffic.frame(ethernet(reply, { source: THIEF.mac, destination: VICTIM.mac }))
      traffic.wait((2 + round / 100) * SECOND)
    }
    for (let round = 0; round < 5; round += 1) tell(round, THIEF.mac)
    expect(traffic.stories()).toEqual([])
    for (let round = 0; round < 3; round += 1) tell(round, GATEWAY.mac)
    expect(traffic.end()).toMatchObject([
      { kind: 'spoofing.arp', severity: 6, attacker: null, victims: ['10.0.0.1', '10.0.0.2'] },
    ])
  })
})
