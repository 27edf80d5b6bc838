import { expect, test } from 'vitest'
import { ipv4, ipv6 } from '../../../../../support/packets/ip-builder.ts'
import {
  icmp,
  icmp6,
  ipData,
  tcp,
  udp,
  type IpPayload,
} from '../../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const SCANNER = '192.0.2.7'
const HOST = '10.0.0.5'
const PORT_UNREACHABLE = 3
const PROTOCOL_UNREACHABLE = 2
const range = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => from + index)

const datagram = (destinationPort: number, sourcePort = 50_123): IpPayload =>
  udp({ sourcePort, destinationPort })

/** What `host` sends that has no use for a packet of `asker`'s. */
function refuses(
  traffic: WatchedTraffic,
  probe: IpPayload,
  { host = HOST, asker = SCANNER, code = PORT_UNREACHABLE } = {},
): void {
  const quote = ipv4({ source: asker, destination: host }, probe).bytes.slice(0, 28)
  traffic.send(host, asker, icmp({ type: 3, code, payload: quote }))
}

test.each<[kind: string, probe: (port: number) => IpPayload, code: number]>([
  ['scan.vertical.udp', (port) => datagram(port), PORT_UNREACHABLE],
  ['scan.vertical.udp', (port) => datagram(port, 20_000 + port * 7), PORT_UNREACHABLE],
  ['scan.vertical.syn', (port) => tcp({ sourcePort: 50_123, destinationPort: port, flags: 'S' }), PORT_UNREACHABLE],
  ['scan.vertical.ip-protocol', (number) => ipData(133 + number, new Uint8Array(8)), PROTOCOL_UNREACHABLE],
])('%s is told by what comes back alone', (kind, probe, code) => {
  const traffic = new WatchedTraffic()
  for (const port of range(1, 40)) refuses(traffic, probe(port), { code })
  expect(traffic.end()).toMatchObject([{ kind, attacker: SCANNER, victims: [HOST], count: 40 }])
}) // prettier-ignore

test('over IPv6 too', () => {
  const traffic = new WatchedTraffic()
  const asked = { source: '2001:db8::7', destination: '2001:db8::5' }
  for (const port of range(1, 40)) {
    const payload = ipv6(asked, datagram(port)).bytes
    traffic.send(asked.destination, asked.source, icmp6({ type: 1, code: 4, payload }))
  }
  expect(traffic.end()).toMatchObject([{ kind: 'scan.vertical.udp', attacker: '2001:db8::7' }])
})

test('is told once where tries and refusals are both captured', () => {
  const traffic = new WatchedTraffic()
  for (const port of range(1, 60)) {
    traffic.send(SCANNER, HOST, datagram(port))
    refuses(traffic, datagram(port))
  }
  const scans = traffic.end().filter(({ family }) => family === 'scan')
  expect(scans).toMatchObject([{ kind: 'scan.vertical.udp', detector: 'port-scan' }])
})

test('two scans of one host by different sorts of probe are two stories', () => {
  const traffic = new WatchedTraffic()
  for (const port of range(1, 40)) {
    refuses(traffic, datagram(port))
    refuses(traffic, tcp({ sourcePort: 50_123, destinationPort: port, flags: 'S' }))
  }
  const kinds = traffic.end().map(({ kind }) => kind)
  expect(kinds.sort()).toEqual(['scan.vertical.syn', 'scan.vertical.udp'])
})

test('a resolver that answers too late, a peer behind a translator and a walk along the path are none', () => {
  const late = new WatchedTraffic()
  for (const port of range(30_000, 200)) refuses(late, datagram(port, 53))
  expect(late.end()).toEqual([])
  const peer = new WatchedTraffic()
  for (const port of range(20_000, 200)) refuses(peer, datagram(port))
  expect(peer.end()).toEqual([])
  const walk = new WatchedTraffic()
  for (const port of range(33_434, 90)) refuses(walk, datagram(port))
  expect(walk.end()).toEqual([])
})

test('a client of many hosts that are down is none', () => {
  const traffic = new WatchedTraffic()
  for (const at of range(1, 100)) refuses(traffic, datagram(at), { host: `10.0.1.${at}` })
  expect(traffic.end().filter(({ family }) => family === 'scan')).toEqual([])
})

test('a router that speaks for the host does not become the victim', () => {
  const traffic = new WatchedTraffic()
  for (const port of range(1, 40)) {
    const quote = ipv4({ source: SCANNER, destination: HOST }, datagram(port)).bytes.slice(0, 28)
    traffic.send('10.0.0.1', SCANNER, icmp({ type: 3, code: 13, payload: quote }))
  }
  expect(traffic.end()).toMatchObject([{ attacker: SCANNER, victims: [HOST] }])
})
