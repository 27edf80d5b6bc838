import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../../../support/packets/ip-builder.ts'
import {
  arp,
  concat,
  ethernet,
  ipData,
  macBytes,
  tcp,
  uint16,
} from '../../../../../support/packets/packet-builder.ts'
import { seededRandom } from '../../../../../support/seeded-random.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const EVERYBODY = 'ff:ff:ff:ff:ff:ff'
const macOf = (number: number): string => `02:00:00:${[16, 8, 0].map((shift) => ((number >> shift) & 255).toString(16).padStart(2, '0')).join(':')}` // prettier-ignore

const told = (traffic: WatchedTraffic) => traffic.end().filter(({ kind }) => kind === 'flood.link')

function syn(traffic: WatchedTraffic, source: string, index: number): void {
  const ends = { source: `198.51.${index >> 8}.${index & 255}`, destination: `203.0.${index >> 8}.${index & 255}` } // prettier-ignore
  const segment = tcp({ sourcePort: 1024 + index, destinationPort: 80, flags: 'S' })
  traffic.frame(ethernet(ipv4(ends, segment), { source }))
}

describe('a flood of the link', () => {
  test('by frames of ever new cards is told while it lasts', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 2500; index += 1) syn(traffic, macOf(index * 7919), index)
    expect(traffic.tellings).toContainEqual(
      expect.objectContaining({ kind: 'flood.link', severity: 6, attacker: null, isFinal: false }),
    )
  })

  test.each([
    ['in a burst is told', 500, 1],
    ['in half a minute is none', 60_000, 0],
  ])('by some hundred new cards %s', (_, waitUs, events) => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 600; index += 1) {
      syn(traffic, macOf(index * 7919), index)
      traffic.wait(waitUs)
    }
    expect(told(traffic)).toHaveLength(events)
  })

  test.each([
    ['ever new cards', 1_000_000, 1],
    ['a few, in a capture that keeps no more of any', 50, 0],
  ])('by heads of packets that hold nothing: of %s', (_, cards, events) => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(5)
    for (let index = 0; index < 2500; index += 1) {
      const ends = { source: `198.51.100.${index & 255}`, destination: '203.0.113.9' }
      traffic.frame(ethernet(ipv4(ends, ipData(6, '')), { source: macOf(random(cards)) }))
    }
    expect(told(traffic)).toHaveLength(events)
  })

  test('by what switches say to each other is told', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 1000; index += 1) {
      const head = concat(macBytes('01:00:0c:cc:cc:cc'), macBytes(macOf(index)), uint16(40))
      traffic.frame(concat(head, new Uint8Array(40)))
    }
    expect(told(traffic)).toHaveLength(1)
  })

  test('is not a hall of three hundred cards that ask and connect', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(4)
    for (let index = 0; index < 6000; index += 1) {
      const source = macOf(random(300))
      const target = `10.0.0.${index & 255}`
      const question = arp({ operation: 1, senderMac: source, sender: '10.0.0.9', target })
      traffic.frame(ethernet(question, { source, destination: EVERYBODY }), 500)
      syn(traffic, source, index & 1023)
    }
    expect(told(traffic)).toEqual([])
  })

  test('is not the spanning trees of many VLANs on one trunk', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 2000; index += 1) {
      const head = concat(macBytes('01:00:0c:cc:cc:cd'), macBytes('00:1a:2b:00:00:01'), uint16(50))
      traffic.frame(concat(head, new Uint8Array(50)), 5000)
    }
    expect(told(traffic)).toEqual([])
  })
})
