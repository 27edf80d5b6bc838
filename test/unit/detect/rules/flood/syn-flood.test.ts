import { describe, expect, test } from 'vitest'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const VICTIM = '10.0.0.5'
const ATTACKER = '192.0.2.7'

function spoofed(index: number): string {
  return `${1 + ((index * 7) % 220)}.${(index * 31) % 256}.${(index * 17) % 256}.${index % 256}`
}

function floods(traffic: WatchedTraffic) {
  return traffic.end().filter(({ family }) => family === 'flood')
}

describe('a SYN flood', () => {
  test('from made-up sources names the victim alone', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 3000; index += 1) {
      const ports = { sourcePort: 1024 + index, destinationPort: 80 }
      traffic.tcp(spoofed(index), VICTIM, { ...ports, flags: 'S' })
      const back = { sourcePort: 80, destinationPort: ports.sourcePort }
      traffic.tcp(VICTIM, spoofed(index), { ...back, flags: 'SA' }, 100)
    }
    const events = floods(traffic)
    expect(events).toMatchObject([
      { kind: 'flood.syn', attacker: null, victims: [VICTIM], isFinal: true },
    ])
    expect(events[0]!.severity).toBeGreaterThanOrEqual(7)
    expect(events[0]!.count).toBeGreaterThan(2900)
    expect(events[0]!.flows.length).toBeGreaterThan(0)
  })

  test('from one source names it, with changing ports or with one, answered by RST or not at all', () => {
    for (const isOnePort of [true, false]) {
      const traffic = new WatchedTraffic()
      for (let index = 0; index < 2000; index += 1) {
        const sourcePort = isOnePort ? 4444 : 1024 + index
        traffic.tcp(ATTACKER, VICTIM, { sourcePort, destinationPort: 80, flags: 'S' }, 2000)
      }
      expect(floods(traffic)).toMatchObject([{ attacker: ATTACKER, victims: [VICTIM] }])
    }
  })

  test('is told while it goes on, about two seconds after it began', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 2500; index += 1) {
      const ports = { sourcePort: 1024 + index, destinationPort: 80 }
      traffic.tcp(spoofed(index), VICTIM, { ...ports, flags: 'S' })
    }
    expect(traffic.tellings).toMatchObject([{ kind: 'flood.syn', isFinal: false }])
  })

  test.each([
    ['all over the ports, each from another', spoofed, (index: number) => 1 + index, 1],
    ['at one port, each from another', spoofed, () => 80, 0],
    ['all over the ports by a few', (index: number) => spoofed(index % 80), (index: number) => 1 + index, 0],
  ])('of a few hundred that are refused %s is told or not', (_, source, port, times) => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 500; index += 1) {
      const ends = [source(index), VICTIM] as const
      const ports = { sourcePort: 1024 + index, destinationPort: port(index) }
      traffic.tcp(...ends, { ...ports, flags: 'S' }, 2000)
      const back = { sourcePort: port(index), destinationPort: 1024 + index }
      traffic.tcp(VICTIM, ends[0], { ...back, flags: 'RA' }, 100)
    }
    expect(floods(traffic)).toHaveLength(times)
  }) // prettier-ignore

  test('is told though the clock was set back by an hour in the midst of it', () => {
    const traffic = new WatchedTraffic()
    const send = (index: number): void => {
      const ports = { sourcePort: 1024 + index, destinationPort: 80 }
      traffic.tcp(spoofed(index), VICTIM, { ...ports, flags: 'S' }, 20_000)
    }
    for (let index = 0; index < 1500; index += 1) send(index)
    traffic.wait(-3_600_000_000)
    for (let index = 1500; index < 3000; index += 1) send(index)
    const told = floods(traffic).map(({ kind, lastSeenUs }) => ({ kind, lastSeenUs }))
    expect(told).toContainEqual({ kind: 'flood.syn', lastSeenUs: traffic.nowUs - 20_000 })
  })

  test('of thousands a second is told before its second second is over, and whole', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 17_000; index += 1) {
      const ports = { sourcePort: 1024 + index, destinationPort: 80 }
      traffic.tcp(spoofed(index), VICTIM, { ...ports, flags: 'S' }, 100)
    }
    const [first] = traffic.tellings
    expect(first).toMatchObject({ kind: 'flood.syn', isFinal: false })
    expect(first!.lastSeenUs - first!.firstSeenUs).toBeLessThan(1_000_000)
    const [whole] = floods(traffic)
    expect(whole!.count).toBeGreaterThan(16_900)
  })

  test('on a closed port is less grave', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 3000; index += 1) {
      const ports = { sourcePort: 1024 + index, destinationPort: 81 }
      traffic.tcp(ATTACKER, VICTIM, { ...ports, flags: 'S' })
      const back = { sourcePort: 81, destinationPort: ports.sourcePort }
      traffic.tcp(VICTIM, ATTACKER, { ...back, flags: 'RA' })
    }
    expect(floods(traffic)).toMatchObject([{ severity: 5, attacker: ATTACKER }])
  })

  test('over IPv6, and amid clients that are served, is found', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 3000; index += 1) {
      const source = `2001:db8:${(index * 7).toString(16)}::1`
      const ports = { sourcePort: 1024 + index, destinationPort: 443 }
      traffic.tcp(source, 'fd00::5', { ...ports, flags: 'S' })
      if (index % 20 === 0) {
        traffic.conversation('fd00::9', 'fd00::5', ports, [500, -1200, -1200, 300])
      }
    }
    expect(floods(traffic)).toMatchObject([{ attacker: null, victims: ['fd00::5'] }])
  })

  test('that is over becomes final although clients go on', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 2500; index += 1) {
      traffic.tcp(spoofed(index), VICTIM, {
        sourcePort: 1024 + index,
        destinationPort: 80,
        flags: 'S',
      })
    }
    for (let index = 0; index < 60; index += 1) {
      const ports = { sourcePort: 40000 + index, destinationPort: 80 }
      traffic.conversation('10.0.0.9', VICTIM, ports, [100, -100])
      traffic.silence(1_000_000)
    }
    const [flood] = traffic.stories()
    expect(flood).toMatchObject({ isFinal: true })
    expect(flood!.count).toBeLessThanOrEqual(2500)
  })
})

describe('the SYN flood detector keeps quiet about', () => {
  test('a busy server', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 3000; index += 1) {
      const ports = { sourcePort: 1024 + index, destinationPort: 80 }
      traffic.conversation(spoofed(index), VICTIM, ports, [100, -500])
    }
    expect(traffic.end()).toEqual([])
  })

  test('a busy server of which only what clients send is captured', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 3000; index += 1) {
      const ports = { sourcePort: 1024 + index, destinationPort: 80 }
      traffic.tcp(spoofed(index), VICTIM, { ...ports, flags: 'S', sequence: 70 })
      traffic.tcp(spoofed(index), VICTIM, { ...ports, flags: 'A', sequence: 71 })
      traffic.tcp(spoofed(index), VICTIM, { ...ports, flags: 'PA', sequence: 71, payload: 'GET' })
    }
    expect(floods(traffic)).toEqual([])
  })

  test('a scan, which puts few SYNs on each port', () => {
    const traffic = new WatchedTraffic()
    for (let port = 1; port < 5000; port += 1) {
      traffic.tcp(ATTACKER, VICTIM, { sourcePort: 61000, destinationPort: port, flags: 'S' })
    }
    expect(floods(traffic)).toEqual([])
  })

  test('a client that tries a dead service again and again', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 600; index += 1) {
      traffic.socketSyn('10.0.0.9', VICTIM, { sourcePort: 40000 + index, destinationPort: 5432 })
      traffic.wait(200_000)
    }
    expect(traffic.end()).toEqual([])
  })
})

test('a flood in the name of its own victim names nobody as the attacker', () => {
  const traffic = new WatchedTraffic()
  for (let index = 0; index < 400; index += 1) {
    const ports = { sourcePort: 2000 + index, destinationPort: 80 }
    traffic.tcp('10.0.0.5', '10.0.0.5', { ...ports, flags: 'S' })
  }
  const floods = traffic.end().filter(({ family }) => family === 'flood')
  expect(floods).toMatchObject([{ kind: 'flood.syn', attacker: null, victims: ['10.0.0.5'] }])
})
