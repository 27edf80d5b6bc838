import { describe, expect, test } from 'vitest'
import { ipv4, ipv6, ipv6Extension } from '../../../../support/packets/ip-builder.ts'
import { ethernet, tcp } from '../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const ATTACKER = '192.0.2.7'
const SERVER = '10.0.0.5'
const PORTS = { sourcePort: 40_000, destinationPort: 80 }
const LOOSE_ROUTE = [131, 11, 4, 198, 51, 100, 1, 10, 0, 0, 1]

function sendWith(traffic: WatchedTraffic, options: readonly number[]): void {
  const ends = { source: ATTACKER, destination: SERVER, options: new Uint8Array(options) }
  traffic.frame(ethernet(ipv4(ends, tcp({ ...PORTS, flags: 'S' }))))
}

describe('a packet whose sender chose its route', () => {
  test.each([
    ['loosely', LOOSE_ROUTE],
    ['strictly, behind other options', [1, 1, 137, ...LOOSE_ROUTE.slice(1)]],
  ])('%s is told', (_, options) => {
    const traffic = new WatchedTraffic()
    sendWith(traffic, options)
    expect(traffic.end()).toMatchObject([
      { kind: 'evasion.source-route', severity: 5, attacker: ATTACKER, victims: [SERVER] },
    ])
  })

  test('over IPv6 is told, and of a type of its operators is not', () => {
    const routed = (type: number, segmentsLeft: number): string[] => {
      const traffic = new WatchedTraffic()
      const ends = { source: '2001:db8:66::9', destination: '2001:db8:10::80' }
      const header = ipv6Extension(43, tcp({ ...PORTS, flags: 'S' }), 2)
      const { bytes, etherType } = ipv6(ends, header)
      bytes.set([type, segmentsLeft], 42)
      traffic.frame(ethernet({ bytes, etherType }))
      return traffic.end().map(({ kind, attacker }) => `${kind} ${attacker}`)
    }
    expect(routed(0, 1)).toEqual(['evasion.source-route 2001:db8:66::9'])
    expect(routed(0, 0)).toEqual([])
    expect(routed(4, 1)).toEqual([])
  })

  test.each([
    ['a router alert, as multicast has it', [148, 4, 0, 0]],
    ['a record of the route, as ping -R asks for', [7, 39, 4, ...new Array<number>(36).fill(0)]],
    ['a route with nobody on it', [131, 3, 4, 0]],
    ['options cut short', [131, 200]],
    ['an option of no length', [68, 0, 131, 11]],
  ])('is not one with %s', (_, options) => {
    const traffic = new WatchedTraffic()
    sendWith(traffic, options)
    expect(traffic.end()).toEqual([])
  })
})

function say(traffic: WatchedTraffic, sequence: number, payload: string): void {
  traffic.tcp(ATTACKER, SERVER, { ...PORTS, flags: 'PA', sequence, payload })
}

describe('a stream that says two things at once', () => {
  test('is told', () => {
    const traffic = new WatchedTraffic()
    for (let piece = 0; piece < 6; piece += 1) {
      say(traffic, 1000 + piece * 8, 'junkjunk'.slice(0, 8))
      say(traffic, 1000 + piece * 8, `real ${piece}..`)
    }
    expect(traffic.end()).toMatchObject([
      { kind: 'evasion.overlapping-segments', severity: 5, attacker: ATTACKER, victims: [SERVER] },
    ])
  })

  test('is not one that is sent again, in pieces of other lengths, or damaged once', () => {
    const traffic = new WatchedTraffic()
    const text = 'to be or not to be, that is the question'
    say(traffic, 1000, text)
    say(traffic, 1000, text.slice(0, 9))
    say(traffic, 1000, text.slice(0, 20))
    say(traffic, 1000, text)
    say(traffic, 1000, text.replace('be', 'de'))
    for (let probe = 0; probe < 5; probe += 1) say(traffic, 1039, String(probe))
    expect(traffic.end()).toEqual([])
  })

  test('cannot be told where the capture cut the numbers of the segments off', () => {
    const traffic = new WatchedTraffic({ snapBytes: 40 })
    for (let piece = 0; piece < 6; piece += 1) {
      const segment = tcp({ ...PORTS, flags: 'PA', sequence: piece << 16, payload: 'x' })
      traffic.frame(ethernet(ipv4({ source: ATTACKER, destination: SERVER }, segment)))
    }
    expect(traffic.end()).toEqual([])
  })
})
