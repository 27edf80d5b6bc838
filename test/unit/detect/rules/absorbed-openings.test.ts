/** What floods and scans that were told keep from the other detectors, and what they do not. */
import { expect, test } from 'vitest'
import type { Detector } from '../../../../src/detect/detector.ts'
import { MetSources } from '../../../../src/detect/rules/flood/met-sources.ts'
import type { LiveFlow } from '../../../../src/flow/flow.ts'
import { dnsMessage } from '../../../support/messages/dns-messages.ts'
import { WatchedTraffic } from '../../../support/detection/watched-traffic.ts'

const VICTIM = '10.0.0.5'
const CLIENT = '10.0.0.9'

/** Writes down what it is shown of one host's flows, and how many flows it is shown of all. */
class Witness implements Detector {
  readonly name = 'syn-flood'
  readonly seesAbsorbed: boolean
  readonly ofClient: string[] = []
  opened = 0
  ended = 0

  constructor(seesAbsorbed: boolean) {
    this.seesAbsorbed = seesAbsorbed
  }

  flowOpened(flow: LiveFlow): void {
    this.opened += 1
    this.#note(flow, 'opened')
  }

  flowAnswered(flow: LiveFlow): void {
    this.#note(flow, 'answered')
  }

  flowEnded(flow: LiveFlow): void {
    this.ended += 1
    this.#note(flow, 'ended')
  }

  #note(flow: LiveFlow, what: string): void {
    if (flow.originatorAddress() === CLIENT) this.ofClient.push(what)
  }
}

function watched(): { traffic: WatchedTraffic; usual: Witness; strict: Witness } {
  const usual = new Witness(false)
  const strict = new Witness(true)
  return { traffic: new WatchedTraffic({ knowing: () => [usual, strict] }), usual, strict }
}

const madeUp = (index: number): string =>
  `${1 + (index % 200)}.${(index >> 8) & 255}.${index & 255}.${index % 251}`

/** SYNs of as many made-up sources, a thousand a second. */
function flood(traffic: WatchedTraffic, from: number, to: number): void {
  for (let index = from; index < to; index += 1) {
    const ports = { sourcePort: 1024 + index, destinationPort: 80 }
    traffic.tcp(madeUp(index), VICTIM, { ...ports, flags: 'S' })
  }
}

/** Datagrams, or bare ACKs, likewise. */
const OTHER_FLOODS: Readonly<Record<string, (traffic: WatchedTraffic, index: number) => void>> = {
  'flood.udp': (traffic, index) => {
    const ports = { sourcePort: 1024 + index, destinationPort: 2000 + (index % 3000) }
    traffic.udp(madeUp(index), VICTIM, { ...ports, payload: 'xxxxxxxx' })
  },
  'flood.ack': (traffic, index) => {
    const ports = { sourcePort: 1024 + index, destinationPort: 80 }
    traffic.tcp(madeUp(index), VICTIM, { ...ports, flags: 'A' })
  },
}

test('its bare SYNs are shown only to who asks for each', () => {
  const { traffic, usual, strict } = watched()
  flood(traffic, 0, 8000)
  const [story] = traffic.end()
  expect(story).toMatchObject({ kind: 'flood.syn', victims: [VICTIM] })
  expect([strict.opened, strict.ended]).toEqual([8000, 8000])
  expect(usual.opened).toBeLessThan(4000)
  expect(usual.ended).toBe(usual.opened)
})

test('who goes on is shown from the opening on, once', () => {
  const { traffic, usual, strict } = watched()
  flood(traffic, 0, 4000)
  const ports = { sourcePort: 40000, destinationPort: 80 }
  const back = { sourcePort: 80, destinationPort: 40000 }
  traffic.tcp(CLIENT, VICTIM, { ...ports, flags: 'S', sequence: 1 })
  traffic.tcp(VICTIM, CLIENT, { ...back, flags: 'SA', sequence: 7, acknowledgement: 2 })
  expect(usual.ofClient).toEqual([])
  expect(strict.ofClient).toEqual(['opened', 'answered'])
  traffic.tcp(CLIENT, VICTIM, { ...ports, flags: 'A', sequence: 2, acknowledgement: 8 })
  expect(usual.ofClient).toEqual(['opened', 'answered'])
  traffic.end()
  expect(usual.ofClient).toEqual(['opened', 'answered', 'ended'])
  expect(strict.ofClient).toEqual(usual.ofClient)
})

test('whom the host answers with words is shown, though what it said itself was not captured', () => {
  const { traffic, usual } = watched()
  flood(traffic, 0, 4000)
  const back = { sourcePort: 80, destinationPort: 40000 }
  traffic.tcp(CLIENT, VICTIM, { sourcePort: 40000, destinationPort: 80, flags: 'S', sequence: 1 })
  traffic.tcp(VICTIM, CLIENT, { ...back, flags: 'PA', sequence: 8, payload: 'HTTP/1.1 200 OK' })
  expect(usual.ofClient).toEqual(['opened', 'answered'])
})

test('it hides no scan', () => {
  const { traffic } = watched()
  flood(traffic, 0, 4000)
  for (let port = 1; port <= 60; port += 1) {
    traffic.tcp(CLIENT, VICTIM, { sourcePort: 61000, destinationPort: port, flags: 'S' })
    flood(traffic, 4000 + port * 20, 4020 + port * 20)
  }
  expect(traffic.end()).toContainEqual(
    expect.objectContaining({ kind: 'scan.vertical.syn', attacker: CLIENT }),
  )
})

test('it hides nothing that is no bare SYN, and nothing sent to others', () => {
  const { traffic, usual } = watched()
  flood(traffic, 0, 4000)
  const before = usual.opened
  const ports = { sourcePort: 40000, destinationPort: 80 }
  traffic.tcp('192.0.2.1', VICTIM, { ...ports, flags: 'SF' })
  traffic.tcp('192.0.2.2', VICTIM, { ...ports, flags: 'S', payload: 'early' })
  traffic.tcp('192.0.2.3', '10.0.0.6', { ...ports, flags: 'S' })
  traffic.udp('192.0.2.4', VICTIM, { sourcePort: 40000, destinationPort: 5000, payload: 'hello' })
  expect(usual.opened - before).toBe(4)
})

test('sources met are known again, and forgotten only when the room is taken', () => {
  const sources = new MetSources()
  const hash = (index: number): number => Math.imul(index, 0x9e3779b1)
  let newcomers = 0
  for (let index = 0; index < 100_000; index += 1) if (sources.isNew(hash(index))) newcomers += 1
  expect(newcomers).toBeGreaterThan(99_000)
  for (let index = 0; index < 1000; index += 1) expect(sources.isNew(hash(index))).toBe(false)
  for (let index = 100_000; index < 700_000; index += 1) sources.isNew(hash(index))
  expect(sources.isNew(hash(5))).toBe(true)
})

test.each(Object.keys(OTHER_FLOODS))('a %s keeps its flows to itself as well', (kind) => {
  const { traffic, usual, strict } = watched()
  for (let index = 0; index < 8000; index += 1) OTHER_FLOODS[kind]!(traffic, index)
  expect(traffic.end()).toMatchObject([{ kind }])
  expect([strict.opened, strict.ended]).toEqual([8000, 8000])
  expect(usual.opened).toBeLessThan(4000)
  expect(usual.ended).toBe(usual.opened)
})

test('a flood of datagrams hides no question, no second datagram, and no answer of an amplifier', () => {
  const { traffic, usual } = watched()
  for (let index = 0; index < 4000; index += 1) OTHER_FLOODS['flood.udp']!(traffic, index)
  const before = usual.opened
  const question = dnsMessage({ labels: ['www', 'example', 'org'] })
  traffic.udp('192.0.2.1', VICTIM, { sourcePort: 40000, destinationPort: 53, payload: question })
  traffic.udp('192.0.2.2', VICTIM, { sourcePort: 123, destinationPort: 40000, payload: 'answer' })
  expect(usual.opened - before).toBe(2)
  const ports = { sourcePort: 40000, destinationPort: 5000 }
  traffic.udp('192.0.2.3', VICTIM, { ...ports, payload: 'hello' })
  expect(usual.opened - before).toBe(2)
  traffic.udp('192.0.2.3', VICTIM, { ...ports, payload: 'are you there' })
  expect(usual.opened - before).toBe(3)
})

/** One SYN to each port, out of one port of the scanner's as nmap does it. */
function scan(traffic: WatchedTraffic, from: number, to: number): void {
  for (let port = from; port < to; port += 1) {
    traffic.tcp(CLIENT, VICTIM, { sourcePort: 61000, destinationPort: port, flags: 'S' })
    const back = { sourcePort: port, destinationPort: 61000 }
    traffic.tcp(VICTIM, CLIENT, { ...back, flags: 'RA', sequence: 0, acknowledgement: 1001 })
  }
}

test('a scan keeps its probes to itself, and is told whole', () => {
  const { traffic, usual, strict } = watched()
  scan(traffic, 1, 2000)
  const [story, ...others] = traffic.end()
  expect(others).toEqual([])
  expect(story).toMatchObject({ kind: 'scan.vertical.syn', attacker: CLIENT, count: 1999 })
  expect(story!.summary).toContain('1,999 unanswered or refused')
  expect([strict.opened, strict.ended]).toEqual([1999, 1999])
  expect(usual.opened).toBeLessThan(100)
  expect(usual.ended).toBe(usual.opened)
})

test('a port that a scanner puts to use is shown, be it its first try or another', () => {
  const { traffic, usual } = watched()
  scan(traffic, 1, 500)
  const before = usual.opened
  for (const [index, port] of [600, 22].entries()) {
    const ports = { sourcePort: 40000 + index, destinationPort: port }
    traffic.tcp(CLIENT, VICTIM, { ...ports, flags: 'S', sequence: 1 })
    const back = { sourcePort: port, destinationPort: ports.sourcePort }
    traffic.tcp(VICTIM, CLIENT, { ...back, flags: 'SA', sequence: 7, acknowledgement: 2 })
    expect(usual.opened - before).toBe(index)
    traffic.tcp(CLIENT, VICTIM, { ...ports, flags: 'A', sequence: 2, acknowledgement: 8 })
    expect(usual.opened - before).toBe(index + 1)
  }
})

test('a scan hides nobody but its scanner, and not what that does to others', () => {
  const { traffic, usual } = watched()
  scan(traffic, 1, 500)
  const before = usual.opened
  traffic.tcp('192.0.2.1', VICTIM, { sourcePort: 40000, destinationPort: 700, flags: 'S' })
  traffic.tcp(CLIENT, '10.0.0.6', { sourcePort: 61000, destinationPort: 700, flags: 'S' })
  traffic.tcp(CLIENT, VICTIM, { sourcePort: 61000, destinationPort: 700, flags: 'SF' })
  expect(usual.opened - before).toBe(3)
})

test('a reflection keeps the answers that nobody asked for to itself', () => {
  const { traffic, usual, strict } = watched()
  for (let index = 0; index < 4000; index += 1) {
    const ports = { sourcePort: 443, destinationPort: 1024 + index }
    traffic.tcp(madeUp(index), VICTIM, { ...ports, flags: 'SA', sequence: 9, acknowledgement: 1 })
  }
  expect(traffic.end()).toMatchObject([{ kind: 'amplification.tcp-synack', victims: [VICTIM] }])
  expect([strict.opened, strict.ended]).toEqual([4000, 4000])
  expect(usual.opened).toBeLessThan(3000)
  expect(usual.ended).toBe(usual.opened)
})

test("a SYN that offers congestion notification is a flood's as well", () => {
  const { traffic, usual } = watched()
  for (let index = 0; index < 8000; index += 1) {
    const ports = { sourcePort: 1024 + index, destinationPort: 80 }
    traffic.tcp(madeUp(index), VICTIM, { ...ports, flags: 'SEC' })
  }
  expect(traffic.end()).toMatchObject([{ kind: 'flood.syn' }])
  expect(usual.opened).toBeLessThan(4000)
})
