import { describe, expect, test } from 'vitest'
import { WatchedTraffic, type Ports } from '../../../../../support/detection/watched-traffic.ts'

const CLIENT = '192.0.2.7'
const SERVER = '10.0.0.5'

/** Segments as OpenSSH 9 exchanges them under chacha20-poly1305; negative ones are the server's. */
const KEY_EXCHANGE = [904, -1088, 48, -524]
const SERVICE = [44, -44]
const NO_PASSWORD = [68, -76]
const WRONG_PASSWORD = [84, -76]
const RIGHT_KEY = [140, -100, 308, -28]
const COMMAND = [112, -256, -184, 112, -72, 36, -124, 36, 60]

/** NEWKEYS in the clear: 12 bytes, 10 of padding, message 21. */
const NEWKEYS = new Uint8Array([0, 0, 0, 12, 10, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])

interface Visit {
  readonly client?: string
  readonly server?: string
  readonly ports: Ports
  readonly segments: readonly number[]
  readonly sides?: 'both' | 'client' | 'server'
}

/** One SSH connection up to and including the given encrypted segments. */
function visit(traffic: WatchedTraffic, wish: Visit): void {
  const { client = CLIENT, server = SERVER, ports, sides = 'both' } = wish
  const back = { sourcePort: ports.destinationPort, destinationPort: ports.sourcePort }
  const next = { client: 1, server: 1 }
  const say = (isClient: boolean, payload: Uint8Array | string, flags = 'PA'): void => {
    if (sides !== 'both' && isClient !== (sides === 'client')) return
    const sequence = isClient ? next.client : next.server
    const fields = { ...(isClient ? ports : back), flags, sequence, payload }
    traffic.tcp(isClient ? client : server, isClient ? server : client, fields)
    if (isClient) next.client += payload.length
    else next.server += payload.length
  }
  if (sides !== 'server') traffic.tcp(client, server, { ...ports, flags: 'S', sequence: 0 })
  if (sides !== 'client') traffic.tcp(server, client, { ...back, flags: 'SA', sequence: 0 })
  say(true, '', 'A')
  say(false, 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n')
  say(true, 'SSH-2.0-libssh_0.10.6\r\n')
  for (const size of KEY_EXCHANGE) say(size > 0, new Uint8Array(Math.abs(size)).fill(3))
  say(true, NEWKEYS)
  for (const size of wish.segments) say(size > 0, new Uint8Array(Math.abs(size)).fill(7))
  say(true, '', 'FA')
  say(false, '', 'FA')
  say(true, '', 'A')
}

function tries(count: number): number[] {
  const wrong = Array.from({ length: count }, () => WRONG_PASSWORD).flat()
  return [...SERVICE, ...NO_PASSWORD, ...wrong]
}

const LOGIN = [...SERVICE, ...NO_PASSWORD, ...RIGHT_KEY, ...COMMAND]

function portsOf(index: number, destinationPort = 22): Ports {
  return { sourcePort: 40000 + index, destinationPort }
}

describe('password guessing over SSH', () => {
  test('is one event that names the client, told while the connections still run', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 20; index += 1) {
      visit(traffic, { ports: portsOf(index), segments: tries(6) })
      if (index === 4) expect(traffic.tellings).toHaveLength(1)
    }
    const events = traffic.end()
    expect(events).toMatchObject([
      {
        detector: 'ssh-bruteforce',
        kind: 'bruteforce.ssh',
        family: 'bruteforce',
        severity: 6,
        attacker: CLIENT,
        victims: [SERVER],
        count: 120,
        isFinal: true,
      },
    ])
    expect(events[0]!.summary).toContain('120 failed logins')
    expect(events[0]!.flows).toHaveLength(16)
  })

  test('with one try a connection and a minute between them is found', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 8; index += 1) {
      visit(traffic, { ports: portsOf(index), segments: [...SERVICE, ...WRONG_PASSWORD] })
      traffic.silence(60_000_000)
    }
    expect(traffic.stories()).toMatchObject([{ kind: 'bruteforce.ssh', attacker: CLIENT }])
  })

  test('is not what a program does that has lost its key, or that offers long ones in vain', () => {
    for (const keys of [[], [372, -76, 372, -76]]) {
      const traffic = new WatchedTraffic()
      for (let index = 0; index < 40; index += 1) {
        visit(traffic, { ports: portsOf(index), segments: [...SERVICE, ...NO_PASSWORD, ...keys] })
        traffic.silence(60_000_000)
      }
      expect(traffic.stories()).toEqual([])
    }
  })

  test('of a few connections with many tries each, of which only the client is captured, is found', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 5; index += 1) {
      visit(traffic, { ports: portsOf(index), segments: tries(5), sides: 'client' })
    }
    expect(traffic.end()).toMatchObject([{ kind: 'bruteforce.ssh', attacker: CLIENT }])
  })

  test('on another port and over IPv6 is found', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 10; index += 1) {
      const wish = { client: 'fd00::7', server: 'fd00::5', ports: portsOf(index, 2222) }
      visit(traffic, { ...wish, segments: tries(3) })
    }
    expect(traffic.end()).toMatchObject([{ attacker: 'fd00::7', victims: ['fd00::5'] }])
  })

  test('that succeeds wakes somebody up', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 10; index += 1) {
      visit(traffic, { ports: portsOf(index), segments: tries(6) })
    }
    visit(traffic, { ports: portsOf(50), segments: [...tries(2), 84, -28, ...COMMAND] })
    const [event] = traffic.end()
    expect(event).toMatchObject({ severity: 9, mitre: ['T1110.001', 'T1078'] })
    expect(event!.summary).toContain('then 1 login succeeded')
  })

  test.each(['client', 'server'] as const)('of which only the %s is captured is found', (sides) => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 30; index += 1) {
      visit(traffic, { ports: portsOf(index), segments: tries(6), sides })
    }
    expect(traffic.end()).toMatchObject([{ attacker: CLIENT, victims: [SERVER] }])
  })
})

describe('the SSH detector keeps quiet about', () => {
  test('an automation that logs in hundreds of times for a moment', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 300; index += 1) {
      visit(traffic, { ports: portsOf(index), segments: LOGIN })
    }
    expect(traffic.end()).toEqual([])
  })

  test.each(['client', 'server'] as const)(
    'an automation of which only the %s is captured',
    (sides) => {
      const traffic = new WatchedTraffic()
      for (let index = 0; index < 100; index += 1) {
        visit(traffic, { ports: portsOf(index), segments: LOGIN, sides })
      }
      expect(traffic.end()).toEqual([])
    },
  )

  test('an agent that offers several keys before the right one', () => {
    const traffic = new WatchedTraffic()
    const wrongKeys = [140, -76, 140, -76, 140, -76, 140, -76]
    const segments = [...SERVICE, ...NO_PASSWORD, ...wrongKeys, ...RIGHT_KEY, ...COMMAND]
    for (let index = 0; index < 50; index += 1) visit(traffic, { ports: portsOf(index), segments })
    expect(traffic.end()).toEqual([])
  })

  test('somebody who mistypes twice, gives up, and then remembers', () => {
    const traffic = new WatchedTraffic()
    for (let day = 0; day < 8; day += 1) {
      visit(traffic, { ports: portsOf(day * 3), segments: tries(3) })
      visit(traffic, { ports: portsOf(day * 3 + 1), segments: tries(2) })
      visit(traffic, { ports: portsOf(day * 3 + 2), segments: LOGIN })
      traffic.wait(60_000_000)
    }
    expect(traffic.end()).toEqual([])
  })

  test('those who only fetch the host key', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 60; index += 1) {
      traffic.conversation(CLIENT, SERVER, portsOf(index), [-41, 25, 1056, -1088, 1208, -1248])
    }
    expect(traffic.end()).toEqual([])
  })

  test('one long working session', () => {
    const traffic = new WatchedTraffic()
    const keystrokes = Array.from({ length: 2000 }, () => [36, -36]).flat()
    visit(traffic, { ports: portsOf(1), segments: [...LOGIN, ...keystrokes] })
    expect(traffic.end()).toEqual([])
  })
})

describe('guessing shared out among many clients', () => {
  const visits = (clients: number, segments: readonly number[]): WatchedTraffic => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < clients; index += 1) {
      const wish = { client: `198.51.100.${1 + index}`, ports: portsOf(index), segments }
      visit(traffic, wish)
      traffic.wait(20_000_000)
    }
    return traffic
  }

  test('of two tries each is told for the server, and names nobody', () => {
    expect(visits(40, tries(2)).stories()).toMatchObject([
      { kind: 'bruteforce.ssh', attacker: null, victims: [SERVER], detector: 'ssh-bruteforce' },
    ])
  })

  test('is not seen in many people who mistype and are let in', () => {
    const segments = [...SERVICE, ...NO_PASSWORD, ...WRONG_PASSWORD, 84, -28, ...COMMAND]
    expect(visits(60, segments).end()).toEqual([])
  })
})
