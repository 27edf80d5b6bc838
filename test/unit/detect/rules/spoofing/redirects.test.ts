import { expect, test } from 'vitest'
import { ipv4 } from '../../../../support/packets/ip-builder.ts'
import { arpExchange, type Card } from '../../../../support/packets/link-traffic.ts'
import { ethernet, icmp, udp } from '../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const GATEWAY: Card = { mac: '00:11:22:00:00:01', address: '10.0.0.1' }
const VICTIM: Card = { mac: '00:33:44:00:00:02', address: '10.0.0.2' }
const THIEF: Card = { mac: '00:55:66:00:00:03', address: '10.0.0.3' }

/** "Send it through 10.0.0.3", in the gateway's name. */
function redirect(traffic: WatchedTraffic, sender: Card): void {
  const { bytes: payload } = ipv4({ source: VICTIM.address, destination: '192.0.2.80' }, udp({}))
  const message = icmp({ type: 5, code: 1, identifier: 0x0a00, sequence: 0x0003, payload })
  const packet = ipv4({ source: GATEWAY.address, destination: VICTIM.address }, message)
  traffic.frame(ethernet(packet, { source: sender.mac, destination: VICTIM.mac }))
}

test('a redirect in the name of the gateway from another card is a forgery', () => {
  const traffic = new WatchedTraffic()
  arpExchange(traffic, VICTIM, GATEWAY)
  arpExchange(traffic, THIEF, VICTIM)
  for (let count = 0; count < 3; count += 1) redirect(traffic, THIEF)
  expect(traffic.end()).toMatchObject([
    {
      kind: 'spoofing.icmp-redirect',
      severity: 6,
      attacker: '10.0.0.3',
      victims: ['10.0.0.2', '10.0.0.1'],
      count: 3,
    },
  ])
})

test('a redirect by the gateway itself is noted and no more', () => {
  const traffic = new WatchedTraffic()
  arpExchange(traffic, VICTIM, GATEWAY)
  redirect(traffic, GATEWAY)
  expect(traffic.end()).toMatchObject([{ kind: 'spoofing.icmp-redirect', severity: 3 }])
})

test('what quotes no packet of its victim is garbage, and no redirect', () => {
  const traffic = new WatchedTraffic()
  arpExchange(traffic, VICTIM, GATEWAY)
  const message = icmp({ type: 5, code: 1, payload: new Uint8Array(28).fill(0x45) })
  const packet = ipv4({ source: GATEWAY.address, destination: VICTIM.address }, message)
  traffic.frame(ethernet(packet, { source: THIEF.mac, destination: VICTIM.mac }))
  expect(traffic.end()).toEqual([])
})
