import { describe, expect, test } from 'vitest'
import { LinkType } from '../../../../../../src/capture/source.ts'
import { ipv4, ipv6 } from '../../../../../support/packets/ip-builder.ts'
import {
  bytesOf,
  ethernet,
  icmp,
  icmp6,
  ipData,
  linuxSll,
  tcp,
  udp,
  vlan,
} from '../../../../../support/packets/packet-builder.ts'
import { START_US, WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const SCANNER = '192.0.2.7'
const HOST = '10.0.0.5'

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index)
}

function scan(traffic: WatchedTraffic, ports: number[], flags = 'S', afterUs = 1000): void {
  // Like nmap: one source port a scan.
  const sourcePort = 61000 + [...flags].reduce((sum, flag) => sum + flag.charCodeAt(0), 0)
  for (const port of ports) {
    traffic.tcp(SCANNER, HOST, { sourcePort, destinationPort: port, flags }, afterUs)
  }
}

describe('a vertical scan', () => {
  test('is one event that names attacker and victim, however many ports are tried', () => {
    const traffic = new WatchedTraffic()
    scan(traffic, range(1, 3000))
    const [event, ...others] = traffic.end()
    expect(others).toEqual([])
    expect(event).toMatchObject({
      detector: 'port-scan',
      kind: 'scan.vertical.syn',
      family: 'scan',
      severity: 6,
      attacker: SCANNER,
      victims: [HOST],
      count: 3000,
      firstSeenUs: START_US,
      lastSeenUs: START_US + 2999 * 1000,
      isFinal: true,
    })
    expect(event!.confidence).toBeGreaterThan(0.95)
    expect(event!.summary).toMatch(/^3,000 ports of 10\.0\.0\.5 tried in 3 s, 3,000 unanswered/)
    expect(event!.flows.length).toBeGreaterThan(0)
    expect(event!.mitre).toContain('T1046')
  })

  test('is told at once, and then again only as it doubles or after five seconds', () => {
    const traffic = new WatchedTraffic()
    scan(traffic, range(1, 8))
    expect(traffic.tellings.map(({ count }) => count)).toEqual([8])
    scan(traffic, range(9, 1000), 'S', 100)
    expect(traffic.tellings.map(({ count }) => count)).toEqual([8, 16, 32, 64, 128, 256, 512])
    expect(new Set(traffic.tellings.map(({ id }) => id)).size).toBe(1)
  })

  test('is found by its refusals as well as by silence', () => {
    const traffic = new WatchedTraffic()
    for (const port of range(1, 100)) {
      traffic.tcp(SCANNER, HOST, { sourcePort: 61000, destinationPort: port, flags: 'S' })
      const back = { sourcePort: port, destinationPort: 61000 }
      traffic.tcp(HOST, SCANNER, { ...back, flags: port === 22 ? 'SA' : 'RA' })
    }
    const [event] = traffic.end()
    expect(event).toMatchObject({ attacker: SCANNER, victims: [HOST], count: 100 })
    expect(event!.reasons).toContainEqual(
      expect.objectContaining({ feature: 'refused', value: 99 }),
    )
  })

  test('is found with five minutes between probes', () => {
    const traffic = new WatchedTraffic()
    for (const port of range(20, 14)) {
      scan(traffic, [port])
      traffic.silence(300_000_000)
    }
    expect(traffic.stories()).toMatchObject([{ kind: 'scan.vertical.syn', attacker: SCANNER }])
  })

  test('is found through a VLAN tag and on a cooked link', () => {
    const tagged = new WatchedTraffic({ wrap: (payload) => ethernet(vlan(12, payload)) })
    const cooked = new WatchedTraffic({ wrap: linuxSll, linkType: LinkType.LINUX_SLL })
    for (const traffic of [tagged, cooked]) {
      scan(traffic, range(1, 40))
      expect(traffic.end()).toMatchObject([{ attacker: SCANNER, victims: [HOST], count: 40 }])
    }
  })

  test('is found over IPv6', () => {
    const traffic = new WatchedTraffic()
    for (const port of range(1, 40)) {
      const probe = tcp({ sourcePort: 61000, destinationPort: port, flags: 'S' })
      traffic.frame(ethernet(ipv6({ source: '2001:db8::7', destination: '2001:db8::5' }, probe)))
    }
    expect(traffic.end()).toMatchObject([{ attacker: '2001:db8::7', victims: ['2001:db8::5'] }])
  })

  test('of several hosts is one event that names them', () => {
    const traffic = new WatchedTraffic()
    for (const port of range(1, 100)) {
      for (const host of ['10.0.0.5', '10.0.0.6', '10.0.0.7']) {
        traffic.tcp(SCANNER, host, { sourcePort: 61000, destinationPort: port, flags: 'S' })
      }
    }
    const scans = traffic.end().filter(({ family }) => family === 'scan')
    expect(scans).toMatchObject([{ victims: ['10.0.0.5', '10.0.0.6', '10.0.0.7'], count: 300 }])
    expect(scans[0]!.summary).toContain('300 ports of 3 hosts')
  })

  test('with sockets is a connect scan', () => {
    const traffic = new WatchedTraffic()
    for (const port of range(1, 60)) {
      traffic.socketSyn(SCANNER, HOST, { sourcePort: 40000 + port, destinationPort: port })
      const back = { sourcePort: port, destinationPort: 40000 + port }
      traffic.tcp(HOST, SCANNER, { ...back, flags: 'RA' })
    }
    expect(traffic.end()).toMatchObject([{ kind: 'scan.vertical.connect' }])
  })

  test.each([
    ['F', 'fin'],
    ['', 'null'],
    ['FPU', 'xmas'],
    ['A', 'ack'],
    ['FA', 'maimon'],
    ['UPS', 'odd'],
  ])('with the flags "%s" is told as %s', (flags, sort) => {
    const traffic = new WatchedTraffic()
    scan(traffic, range(1, 40), flags)
    expect(traffic.end()).toMatchObject([
      { kind: `scan.vertical.${sort}`, attacker: SCANNER, victims: [HOST], severity: 6 },
    ])
  })

  test.each(['A', 'FA'])('of a few ports, out of one and with "%s" alone, is a scan', (flags) => {
    const few = [22, 25, 80, 135, 443, 3389, 8080]
    const one = new WatchedTraffic()
    for (const port of few) one.tcp(SCANNER, HOST, { sourcePort: 45_000, destinationPort: port, flags }) // prettier-ignore
    expect(one.end()).toMatchObject([{ attacker: SCANNER, victims: [HOST], count: few.length }])
    // A client whose connections began before the capture did.
    const many = new WatchedTraffic()
    for (const port of few) many.tcp(SCANNER, HOST, { sourcePort: 45_000 + port, destinationPort: port, flags }) // prettier-ignore
    expect(many.end()).toEqual([])
  })

  test('of a few high ports by a socket is told where all refuse within a minute', () => {
    const options = bytesOf('\x02\x04\x05\xb4\x04\x02\x08\x0a\0\0\0\x01\0\0\0\0\x01\x03\x03\x07')
    const told = (count: number, afterUs: number, isRefused = true): number => {
      const traffic = new WatchedTraffic()
      for (const port of range(0, count).map((at) => 20_000 + at * 997)) {
        const ends = { sourcePort: 40_000 + (port % 997), destinationPort: port }
        traffic.tcp(SCANNER, HOST, { ...ends, flags: 'S', options }, afterUs)
        const back = { sourcePort: port, destinationPort: ends.sourcePort, flags: 'RA' }
        if (isRefused) traffic.tcp(HOST, SCANNER, back)
      }
      return traffic.end().length
    }
    expect(told(25, 100_000)).toBe(1)
    expect(told(15, 100_000)).toBe(0)
    expect(told(25, 100_000, false)).toBe(0)
    expect(told(25, 10_000_000)).toBe(0)
  })

  test('by several sorts of probe is an event for each', () => {
    const traffic = new WatchedTraffic()
    for (const flags of ['S', 'F', 'FPU']) scan(traffic, range(1, 40), flags)
    const kinds = traffic.end().map(({ kind }) => kind)
    expect(kinds).toEqual(['scan.vertical.syn', 'scan.vertical.fin', 'scan.vertical.xmas'])
  })

  test('of UDP ports is found by silence and by unreachables', () => {
    const silent = new WatchedTraffic()
    const refused = new WatchedTraffic()
    for (const port of range(1, 40)) {
      silent.udp(SCANNER, HOST, { sourcePort: 61000, destinationPort: port })
      const probe = { sourcePort: 61000, destinationPort: 1024 + port, payload: 'hello' }
      refused.udp(SCANNER, HOST, probe)
      const quoted = ipv4({ source: SCANNER, destination: HOST }, udp(probe)).bytes
      refused.send(HOST, SCANNER, icmp({ type: 3, code: 3, payload: quoted }))
    }
    expect(silent.end()).toMatchObject([{ kind: 'scan.vertical.udp', attacker: SCANNER }])
    expect(refused.end()).toMatchObject([
      { kind: 'scan.vertical.udp', attacker: SCANNER, victims: [HOST] },
    ])
  })

  test('of UDP ports is found by few where most of them refuse', () => {
    const traffic = new WatchedTraffic()
    for (const port of [7, 19, 37, 49, 67, 111, 135, 177, 389]) {
      const probe = { sourcePort: 61000, destinationPort: port }
      traffic.udp(SCANNER, HOST, probe)
      const quoted = ipv4({ source: SCANNER, destination: HOST }, udp(probe)).bytes
      traffic.send(HOST, SCANNER, icmp({ type: 3, code: 3, payload: quoted }))
      traffic.wait(1_500_000)
    }
    expect(traffic.end()).toMatchObject([{ kind: 'scan.vertical.udp', attacker: SCANNER }])
  })

  test('of UDP ports over IPv6 is found by unreachables', () => {
    const traffic = new WatchedTraffic()
    const addresses = { source: 'fd00::7', destination: 'fd00::5' }
    for (const port of range(1, 40)) {
      const probe = udp({ sourcePort: 61000, destinationPort: port })
      traffic.frame(ethernet(ipv6(addresses, probe)))
      const quoted = ipv6(addresses, probe).bytes
      traffic.send('fd00::5', 'fd00::7', icmp6({ type: 1, code: 4, payload: quoted }))
    }
    expect(traffic.end()).toMatchObject([{ attacker: 'fd00::7', victims: ['fd00::5'] }])
  })

  test('of IP protocols is found', () => {
    const traffic = new WatchedTraffic()
    for (const protocol of range(80, 40)) traffic.send(SCANNER, HOST, ipData(protocol))
    expect(traffic.end()).toMatchObject([
      { kind: 'scan.vertical.ip-protocol', attacker: SCANNER, victims: [HOST], count: 40 },
    ])
  })

  test('by OS detection shows in a handful of impossible segments', () => {
    const traffic = new WatchedTraffic()
    for (const [port, flags] of [[135, ''], [135, 'FSPU'], [41296, 'FPU']] as const) {
      traffic.tcp(SCANNER, HOST, { sourcePort: 53950 + flags.length, destinationPort: port, flags })
    } // prettier-ignore
    expect(traffic.end()).toMatchObject([
      { kind: 'scan.fingerprint', attacker: SCANNER, victims: [HOST] },
    ])
  })

  test('among decoys names each with little confidence', () => {
    const traffic = new WatchedTraffic()
    for (const port of range(1, 100)) {
      for (const source of [SCANNER, '192.0.2.50', '192.0.2.51']) {
        traffic.tcp(source, HOST, { sourcePort: 61000, destinationPort: port, flags: 'S' }, 10)
      }
    }
    const events = traffic.end()
    expect(events.map(({ attacker }) => attacker)).toContain(SCANNER)
    for (const event of events) expect(event.confidence).toBeLessThanOrEqual(0.6)
  })

  test('from hundreds of sources is a few events, not hundreds, and the crowd is not named', () => {
    const traffic = new WatchedTraffic()
    for (const source of range(1, 400)) {
      for (const port of range(1, 20)) {
        const address = `198.51.${100 + (source >> 8)}.${source & 255}`
        traffic.tcp(address, HOST, { sourcePort: 61000, destinationPort: port, flags: 'S' }, 10)
      }
    }
    const scans = traffic.end().filter(({ family }) => family === 'scan')
    expect(scans.length).toBe(17)
    expect(scans.at(-1)).toMatchObject({ attacker: null, victims: [HOST], count: 400 })
  })
})

describe('open ports asked by a SYN no socket sends, and reset once they answer', () => {
  const halfOpen = (
    traffic: WatchedTraffic,
    ports: readonly number[],
    sourcePort: number,
  ): void => {
    for (const destinationPort of ports) {
      const back = { sourcePort: destinationPort, destinationPort: sourcePort }
      const there = { sourcePort, destinationPort }
      const mss = new Uint8Array([2, 4, 5, 0xb4])
      traffic.tcp('192.0.2.7', '10.0.0.5', { ...there, flags: 'S', options: mss })
      traffic.tcp('10.0.0.5', '192.0.2.7', { ...back, flags: 'SA' })
      traffic.tcp('192.0.2.7', '10.0.0.5', { ...there, flags: 'R' })
    }
  }

  test('are a scan, however few they are', () => {
    const traffic = new WatchedTraffic()
    halfOpen(traffic, [21, 22, 80, 443, 8080], 40_000)
    expect(traffic.end()).toMatchObject([{ kind: 'scan.vertical.syn', attacker: '192.0.2.7' }])
  })

  test('are told once no second round has come', () => {
    const traffic = new WatchedTraffic()
    halfOpen(traffic, [21, 22, 80, 443, 8080], 40_000)
    traffic.silence(20_000_000)
    expect(traffic.tellings).toMatchObject([{ kind: 'scan.vertical.syn', isFinal: false }])
  })

  test.each([3, 6])(
    'are no scan where %d are asked again and again: a load balancer looks after its servers',
    (count) => {
      const traffic = new WatchedTraffic()
      for (let round = 0; round < 12; round += 1) {
        halfOpen(traffic, [80, 443, 8080, 8443, 9000, 9443].slice(0, count), 40_000 + round)
        traffic.silence(5_000_000)
      }
      expect(traffic.end()).toEqual([])
    },
  )
})
