import { expect, test } from 'vitest'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const SCANNER = '192.0.2.7'
const HOST = '10.0.0.5'
const range = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => from + index)

/** What a host sends that refuses to be connected to at these ports. */
function refuses(
  traffic: WatchedTraffic,
  ports: readonly number[],
  flags = 'RA',
  askedFrom = (_port: number): number => 50_123,
): void {
  for (const port of ports) {
    const fields = { sourcePort: port, destinationPort: askedFrom(port), flags, sequence: 0 }
    traffic.tcp(HOST, SCANNER, fields)
  }
}

test.each([
  ['RA', 'scan.vertical.syn', 40],
  ['R', 'scan.vertical.ack', 40],
  ['RA', 'scan.vertical.syn', 3000],
])('refusals (%s) heard alone name the scanner (%s, %i ports)', (flags, kind, count) => {
  const traffic = new WatchedTraffic()
  refuses(traffic, range(1, count), flags)
  expect(traffic.end()).toMatchObject([{ kind, attacker: SCANNER, victims: [HOST], count }])
})

test('a scan with a socket for each port is found by its refusals too', () => {
  const traffic = new WatchedTraffic()
  refuses(traffic, range(1, 40), 'RA', (port) => 40_000 + port)
  expect(traffic.end()).toMatchObject([{ kind: 'scan.vertical.syn', attacker: SCANNER }])
})

test('is told once where tries and refusals are both captured', () => {
  const traffic = new WatchedTraffic()
  for (const port of range(1, 40)) {
    traffic.tcp(SCANNER, HOST, { sourcePort: 50_123, destinationPort: port, flags: 'S' })
    refuses(traffic, [port])
  }
  expect(traffic.end()).toMatchObject([{ kind: 'scan.vertical.syn', attacker: SCANNER }])
})

test('a client that breaks off its connections, and a victim of forged SYNs, show none', () => {
  const client = new WatchedTraffic()
  for (const port of range(33_000, 200)) {
    client.tcp(HOST, SCANNER, { sourcePort: port, destinationPort: 443, flags: 'RA' })
    client.tcp(HOST, SCANNER, { sourcePort: port, destinationPort: 60_000, flags: 'R' })
  }
  expect(client.end()).toEqual([])
  const flooded = new WatchedTraffic()
  for (const at of range(0, 400)) {
    const address = `198.51.${at >> 8}.${at & 255}`
    flooded.tcp(HOST, address, { sourcePort: 80, destinationPort: 1024 + at, flags: 'RA' })
  }
  expect(flooded.end().filter(({ family }) => family === 'scan')).toEqual([])
})
