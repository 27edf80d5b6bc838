/** Who must not be accused by the shipped random forest: what busy but honest programs do, on made-up traffic. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog } from '../../src/core/log/log.ts'
import { loadShippedModels } from '../../src/detect/models/index.ts'
import { ipv4 } from '../support/packets/ip-builder.ts'
import { ethernet, icmp, tcp, udp, type IpPayload } from '../support/packets/packet-builder.ts'
import { writePcap, type CapturedPacket } from '../support/packets/pcap-writer.ts'
import { detectionsIn } from '../support/captures/scored-capture.ts'

const MONITOR = '10.3.0.9'
const START_US = 1_700_000_000_000_000

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'picket-innocents-'))
})
afterAll(() => {
  rmSync(directory, { recursive: true })
})

/** What is sent (`>`) and answered (`<`), and how many milliseconds after the last. */
type Line = readonly [direction: '>' | '<', payload: IpPayload, afterMs: number]

/** One conversation of the monitor with a peer. */
interface Talk {
  readonly peer: string
  readonly atMs: number
  readonly lines: readonly Line[]
}

function packetsOf({ peer, atMs, lines }: Talk): CapturedPacket[] {
  let nowMs = atMs
  return lines.map(([direction, payload, afterMs]) => {
    nowMs += afterMs
    const [source, destination] = direction === '>' ? [MONITOR, peer] : [peer, MONITOR]
    const bytes = ethernet(ipv4({ source, destination }, payload))
    return { timestampUs: START_US + Math.round(nowMs * 1000), bytes }
  })
}

const from = (port: number, server: number, flags: string, payload = ''): IpPayload =>
  tcp({ sourcePort: port, destinationPort: server, flags, payload })
const back = (port: number, server: number, flags: string, payload = ''): IpPayload =>
  tcp({ sourcePort: server, destinationPort: port, flags, payload })
const ask = (port: number, server: number, payload: string): IpPayload =>
  udp({ sourcePort: port, destinationPort: server, payload })
const answer = (port: number, server: number, payload: string): IpPayload =>
  udp({ sourcePort: server, destinationPort: port, payload })

/** Opens, looks whether the service greets, and leaves. */
const check = (port: number, server: number): Line[] => [
  ['>', from(port, server, 'S'), 0],
  ['<', back(port, server, 'SA'), 0.4],
  ['>', from(port, server, 'A'), 0.1],
  ['<', back(port, server, 'PA', '220 mail.example.org ESMTP\r\n'), 3],
  ['>', from(port, server, 'FA'), 0.2],
  ['<', back(port, server, 'FA'), 0.4],
  ['>', from(port, server, 'A'), 0.1],
]

/** Asks for a page and gets it. */
const fetchPage = (port: number, server: number, size: number): Line[] => [
  ['>', from(port, server, 'S'), 0],
  ['<', back(port, server, 'SA'), 18],
  ['>', from(port, server, 'A'), 0.1],
  ['>', from(port, server, 'PA', 'g'.repeat(320)), 0.5],
  ['<', back(port, server, 'A'), 18],
  ['<', back(port, server, 'PA', 'p'.repeat(size)), 25],
  ['>', from(port, server, 'FA'), 1],
  ['<', back(port, server, 'FA'), 18],
]

const talks = (count: number, gapMs: number, make: (index: number) => Omit<Talk, 'atMs'>): Talk[] =>
  Array.from({ length: count }, (_, index) => ({ atMs: index * gapMs, ...make(index) }))

const ping = (index: number): Line[] => [
  ['>', icmp({ type: 8, rest: [0, index & 255, 0, 1], payload: 'x'.repeat(56) } as never), 0],
  ['<', icmp({ type: 0, rest: [0, index & 255, 0, 1], payload: 'x'.repeat(56) } as never), 1],
]

const innocents: readonly (readonly [who: string, talks: readonly Talk[]])[] = [
  [
    'a monitor that checks a mail server on sixty hosts, over and over',
    talks(600, 200, (n) => ({ peer: `10.3.1.${1 + (n % 60)}`, lines: check(20_000 + n, 25) })),
  ],
  [
    'a load balancer that looks after one server ten times a second',
    talks(900, 100, (n) => ({ peer: '10.3.1.7', lines: check(20_000 + n, 8080) })),
  ],
  [
    'a poller of SNMP, a question and an answer from each of a hundred devices',
    talks(900, 100, (n) => ({
      peer: `10.3.1.${1 + (n % 100)}`,
      lines: [['>', ask(30_000 + n, 161, 'q'.repeat(43)), 0], ['<', answer(30_000 + n, 161, 'a'.repeat(90)), 4]],
    })),
  ],
  [
    'a mail server that asks its resolver for a thousand names',
    talks(1000, 50, (n) => ({
      peer: '10.3.0.53',
      lines: [['>', ask(30_000 + n, 53, 'q'.repeat(38)), 0], ['<', answer(30_000 + n, 53, 'a'.repeat(120)), 12]],
    })),
  ],
  [
    'a crawler of one web site',
    talks(400, 150, (n) => ({ peer: '198.51.100.80', lines: fetchPage(20_000 + n, 443, 300 + ((n * 37) % 1000)) })),
  ],
  [
    'a client whose server is down, trying again and again',
    talks(120, 1000, (n) => ({
      peer: '10.3.1.7',
      lines: [['>', from(20_000 + n, 5432, 'S'), 0], ['<', back(20_000 + n, 5432, 'RA'), 0.3]],
    })),
  ],
  [
    'a sender of log lines that nobody answers',
    talks(600, 100, (n) => ({ peer: '10.3.0.14', lines: [['>', ask(514 + (n % 3), 514, 'l'.repeat(180)), 0]] })),
  ],
  [
    'a monitor that pings two hundred hosts',
    talks(800, 50, (n) => ({ peer: `10.3.2.${1 + (n % 200)}`, lines: ping(n) })),
  ],
] // prettier-ignore

describe('the shipped random forest', () => {
  it.each(innocents)('does not accuse %s', async (_who, given) => {
    const file = join(directory, 'innocent.pcap')
    const packets = given.flatMap(packetsOf).sort((a, b) => a.timestampUs - b.timestampUs)
    writePcap(file, packets)
    const { randomForest } = loadShippedModels(silentLog)
    expect(await detectionsIn(file, randomForest)).toEqual([])
  })
})
