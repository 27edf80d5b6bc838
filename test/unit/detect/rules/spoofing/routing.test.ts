import { describe, expect, test } from 'vitest'
import type { Detection } from '../../../../../src/detect/detection.ts'
import { ipv4 } from '../../../../support/packets/ip-builder.ts'
import { addressBytes, concat, ethernet } from '../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const SECOND = 1_000_000
const ROUTER = '10.0.0.1'
const SECOND_ROUTER = '10.0.0.2'
const THIEF = '10.0.0.66'
const SERVED = '10.0.0.254'

const uint16 = (value: number): readonly number[] => [value >> 8, value & 255]

function raw(traffic: WatchedTraffic, source: string, protocol: number, bytes: Uint8Array): void {
  const destination = protocol === 112 ? '224.0.0.18' : '224.0.0.5'
  const fields = { source, destination, ttl: protocol === 112 ? 255 : 1 }
  traffic.frame(ethernet(ipv4(fields, { protocol, bytesFor: () => bytes })), 0)
}

/** RFC 3768 §5.1, one address. */
function vrrp(traffic: WatchedTraffic, source: string, priority: number, served = SERVED): void {
  const head = new Uint8Array([0x21, 7, priority, 1, 0, 1, 0, 0])
  raw(traffic, source, 112, concat(head, addressBytes(served), new Uint8Array(8)))
}

type Route = readonly [prefix: string, mask: string, metric: number]

/** RFC 2453 §4. */
function rip(traffic: WatchedTraffic, source: string, routes: readonly Route[]): void {
  const entries = routes.map(
    ([prefix, mask, metric]) =>
    concat(new Uint8Array([0, 2, 0, 0]), addressBytes(prefix), addressBytes(mask), new Uint8Array([0, 0, 0, 0, 0, 0, 0, metric])), // prettier-ignore
  )
  const payload = concat(new Uint8Array([2, 2, 0, 0]), ...entries)
  const ports = { sourcePort: 520, destinationPort: 520 }
  traffic.udp(source, '224.0.0.9', { ...ports, payload }, 0)
}

/** A header of RFC 2328 §A.3.1: 1 a hello, 4 routes. */
function ospf(traffic: WatchedTraffic, source: string, type: number, area = 0): void {
  const head = [2, type, ...uint16(44), ...addressBytes(source), 0, 0, 0, area, 0, 0, 0, 0]
  raw(traffic, source, 89, concat(new Uint8Array(head), new Uint8Array(24)))
}

/** RFC 7868 §6.5: 5 a hello, 1 routes. */
function eigrp(traffic: WatchedTraffic, source: string, opcode: number): void {
  const head = new Uint8Array([2, opcode, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100])
  raw(traffic, source, 88, head)
}

/** Seconds, one after the other, in each of which something may be said. */
function seconds(
  count: number,
  say: (traffic: WatchedTraffic, at: number) => void,
): WatchedTraffic {
  const traffic = new WatchedTraffic()
  for (let at = 0; at < count; at += 1) {
    say(traffic, at)
    traffic.wait(SECOND)
  }
  return traffic
}

const told = (traffic: WatchedTraffic): readonly Detection[] =>
  traffic.end().filter(({ kind }) => kind === 'spoofing.routing')

const OWN: readonly Route[] = [['10.7.0.0', '255.255.0.0', 2]]

describe('who takes the routes of a link over', () => {
  test('is told soon where routers speak every few seconds', () => {
    const joined = (since: number): number =>
      told(
        seconds(60, (traffic, at) => {
          if (at % 5 === 0) eigrp(traffic, ROUTER, 5)
          if (at % 5 === 0 && at >= since) eigrp(traffic, THIEF, 1)
        }),
      ).length
    expect(joined(25)).toBe(1)
    expect(joined(15)).toBe(0)
  })

  test('by RIP, with the routes of its routers, is told', () => {
    const traffic = seconds(180, (link, at) => {
      if (at % 30 === 0) rip(link, ROUTER, OWN)
      if (at >= 100 && at % 30 === 10) rip(link, THIEF, [['10.7.0.0', '255.255.0.0', 1]])
    })
    expect(told(traffic)).toMatchObject([
      { severity: 5, attacker: THIEF, victims: [ROUTER], family: 'spoofing' },
    ])
  })

  test('by RIP, with the way to everywhere, is told', () => {
    const traffic = seconds(180, (link, at) => {
      if (at % 30 === 0) rip(link, ROUTER, OWN)
      if (at === 100) rip(link, THIEF, [['0.0.0.0', '0.0.0.0', 1]])
    })
    expect(told(traffic)).toMatchObject([{ severity: 5, attacker: THIEF }])
  })

  test.each([
    ['OSPF', ospf, 1, 4],
    ['EIGRP', eigrp, 5, 1],
  ] as const)('by %s, of whom nothing was heard before, is told', (_, speak, hello, routes) => {
    const traffic = seconds(180, (link, at) => {
      if (at % 10 === 0) speak(link, ROUTER, hello)
      if (at % 10 === 5) speak(link, SECOND_ROUTER, hello)
      if (at >= 100 && at % 10 === 7) speak(link, THIEF, hello)
      if (at >= 120 && at % 30 === 0) speak(link, THIEF, routes)
    })
    expect(told(traffic)).toMatchObject([{ severity: 4, attacker: THIEF }])
  })

  test('by VRRP, with the priority of an owner that it is not, is told', () => {
    const traffic = seconds(60, (link, at) => {
      if (at < 30) vrrp(link, ROUTER, 150)
      if (at >= 30) vrrp(link, THIEF, 255)
    })
    expect(told(traffic)).toMatchObject([{ severity: 5, attacker: THIEF, victims: [ROUTER] }])
  })

  test('by VRRP, with the priority of an owner, is alone told though the master goes on', () => {
    const traffic = seconds(60, (link, at) => {
      vrrp(link, ROUTER, 150)
      if (at >= 20) vrrp(link, THIEF, 255)
    })
    expect(told(traffic)).toMatchObject([{ severity: 5, attacker: THIEF, victims: [ROUTER] }])
  })

  test.each([140, 160])(
    'by VRRP, with priority %i, while the master goes on, is told',
    (priority) => {
      const traffic = seconds(60, (link, at) => {
        vrrp(link, ROUTER, 150)
        if (at >= 20) vrrp(link, THIEF, priority)
      })
      expect(told(traffic)).toMatchObject([{ severity: 4, attacker: THIEF, victims: [ROUTER] }])
    },
  )
})

describe('nobody is told of', () => {
  test('routers that are all there from the start', () => {
    const traffic = seconds(300, (link, at) => {
      if (at % 10 === 0) ospf(link, ROUTER, 1)
      if (at % 10 === 4 && at > 20) ospf(link, SECOND_ROUTER, 1)
      if (at % 40 === 3 && at > 20) ospf(link, SECOND_ROUTER, 4)
      if (at % 30 === 0) rip(link, ROUTER, OWN)
      if (at % 30 === 29) rip(link, SECOND_ROUTER, OWN)
    })
    expect(told(traffic)).toEqual([])
  })

  test('a router that comes back after it was restarted', () => {
    const traffic = seconds(900, (link, at) => {
      if (at % 10 === 0) ospf(link, ROUTER, 1)
      if (at < 100 || at > 600) ospf(link, SECOND_ROUTER, 1)
      if (at > 610 && at % 30 === 0) ospf(link, SECOND_ROUTER, 4)
    })
    expect(told(traffic)).toEqual([])
  })

  test('a new router that has routes of its own, and one of another area or network', () => {
    const traffic = seconds(300, (link, at) => {
      if (at % 30 === 0) rip(link, ROUTER, OWN)
      if (at > 100 && at % 30 === 7) rip(link, SECOND_ROUTER, [['10.9.0.0', '255.255.0.0', 1]])
      if (at > 100 && at % 30 === 7) rip(link, '10.0.1.2', OWN)
      if (at % 10 === 0) ospf(link, ROUTER, 1)
      if (at > 100 && at % 10 === 5) ospf(link, SECOND_ROUTER, 4, 1)
    })
    expect(told(traffic)).toEqual([])
  })

  test('a master that comes back and takes over again, by VRRP', () => {
    const traffic = seconds(120, (link, at) => {
      if (at < 30 || at >= 80) vrrp(link, ROUTER, 150)
      if (at >= 33 && at < 80) vrrp(link, SECOND_ROUTER, 100)
    })
    expect(told(traffic)).toEqual([])
  })

  test('the owner of the address that takes it back, by VRRP', () => {
    const traffic = seconds(60, (link, at) => {
      if (at < 30) vrrp(link, SECOND_ROUTER, 100, ROUTER)
      if (at >= 30) vrrp(link, ROUTER, 255, ROUTER)
    })
    expect(told(traffic)).toEqual([])
  })
})
