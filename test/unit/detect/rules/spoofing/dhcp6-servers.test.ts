import { describe, expect, test } from 'vitest'
import type { Detection } from '../../../../../src/detect/detection.ts'
import { addressBytes, concat, icmp6 } from '../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const ROUTER = 'fe80::1'
const THIEF = 'fe80::66'
const CLIENTS = ['fe80::21', 'fe80::22', 'fe80::23']
const SECOND = 1_000_000

const option = (code: number, data: Uint8Array): Uint8Array =>
  concat(new Uint8Array([0, code, 0, data.length]), data)

/** RFC 8415 §8: 2 advertises, 7 replies. */
function answer(traffic: WatchedTraffic, server: string, client: string, resolver: string): void {
  const identity = option(2, new Uint8Array([0, 3, 0, 1, ...addressBytes(server).slice(10)]))
  const head = new Uint8Array([2, 1, 2, 3])
  const payload = concat(head, identity, option(23, addressBytes(resolver)))
  traffic.udp(server, client, { sourcePort: 547, destinationPort: 546, payload })
}

const advertises = (traffic: WatchedTraffic, router: string): void =>
  traffic.send(router, 'ff02::1', icmp6({ type: 134, payload: new Uint8Array(8) }))

const told = (traffic: WatchedTraffic): readonly Detection[] =>
  traffic.end().filter(({ kind }) => kind === 'spoofing.dhcp')

describe('a DHCPv6 server', () => {
  test('that is no router and names itself as the resolver is told', () => {
    const traffic = new WatchedTraffic()
    for (const client of CLIENTS) {
      answer(traffic, THIEF, client, THIEF)
      traffic.wait(8 * SECOND)
    }
    expect(told(traffic)).toMatchObject([{ severity: 5, attacker: THIEF, victims: CLIENTS }])
  })

  test('that answers beside another, and otherwise, is told', () => {
    const traffic = new WatchedTraffic()
    advertises(traffic, ROUTER)
    for (const client of CLIENTS) {
      answer(traffic, ROUTER, client, 'fd00::53')
      answer(traffic, THIEF, client, 'fd00::66')
      traffic.wait(8 * SECOND)
    }
    expect(told(traffic)).toMatchObject([{ severity: 5, attacker: THIEF }])
  })

  test.each([
    ['first', THIEF, 'fe80::9'],
    ['last', 'fe80::9', THIEF],
  ])(
    'that is true is not told of, though no router, where the false one answers %s',
    (_, first, last) => {
      const traffic = new WatchedTraffic()
      for (const client of CLIENTS) {
        for (const server of [first, last]) {
          answer(traffic, server, client, server === THIEF ? THIEF : 'fd00::53')
        }
        traffic.wait(8 * SECOND)
      }
      expect(told(traffic)).toMatchObject([{ attacker: THIEF, victims: CLIENTS }])
    },
  )

  test('is at work where it is the router, or names the resolver of its network', () => {
    const traffic = new WatchedTraffic()
    for (const client of CLIENTS) {
      advertises(traffic, ROUTER)
      answer(traffic, ROUTER, client, ROUTER)
      answer(traffic, 'fe80::2', client, ROUTER)
      traffic.wait(8 * SECOND)
    }
    expect(told(traffic)).toEqual([])
  })

  test('that answers one client alone, once, is not told of', () => {
    const traffic = new WatchedTraffic()
    answer(traffic, THIEF, CLIENTS[0]!, THIEF)
    expect(told(traffic)).toEqual([])
  })
})
