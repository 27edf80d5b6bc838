import { expect, test } from 'vitest'
import { ipv4 } from '../../../../support/packets/ip-builder.ts'
import { arpAnnounce, type Card } from '../../../../support/packets/link-traffic.ts'
import { ethernet } from '../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const SECOND = 1_000_000
const THIEF: Card = { mac: '00:55:66:00:00:03', address: '10.0.0.3' }
const OTHER: Card = { mac: '00:77:88:00:00:04', address: '10.0.0.4' }

/** One address goes to and fro between two cards, of which some speak VRRP. */
function handsOver(speakers: readonly Card[]): WatchedTraffic {
  const traffic = new WatchedTraffic()
  const words = { protocol: 112, bytesFor: () => new Uint8Array(20) }
  for (let round = 0; round < 6; round += 1) {
    const master = round % 2 === 0 ? OTHER : THIEF
    if (speakers.includes(master)) {
      const advertisement = ipv4({ source: master.address, destination: '224.0.0.18', ttl: 255 }, words) // prettier-ignore
      traffic.frame(ethernet(advertisement, { source: master.mac, destination: '01:00:5e:00:00:12' })) // prettier-ignore
    }
    for (let count = 0; count < 5; count += 1) arpAnnounce(traffic, master, '10.0.0.100')
    traffic.wait(3 * SECOND)
    arpAnnounce(traffic, master, '10.0.0.100', SECOND)
  }
  return traffic
}

test('ARP spoofing of an address that a router holds by VRRP, by a card that does not speak it, is told', () => {
  expect(handsOver([OTHER]).end()).toMatchObject([{ kind: 'spoofing.arp', severity: 6 }])
})

test('two routers that take an address from each other and back within seconds, by VRRP', () => {
  const traffic = handsOver([THIEF, OTHER])
  expect(traffic.end().filter(({ severity }) => severity >= 4)).toEqual([])
})
