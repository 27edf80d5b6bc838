import { describe, expect, test } from 'vitest'
import { bytesOf } from '../../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const SCANNER = '192.0.2.7'
const PORTS = [21, 22, 445, 1433, 3389]
const hosts = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `10.0.0.${index + 1}`)

interface Plan {
  readonly ports?: readonly number[]
  readonly hosts?: number
  /** What a socket sends beside the segment size. */
  readonly options?: string
  readonly isOpen?: boolean
}

function told(plan: Plan): string[] {
  const { ports = PORTS, options, isOpen = false } = plan
  const traffic = new WatchedTraffic()
  for (const host of hosts(plan.hosts ?? 4)) {
    for (const port of ports) {
      const syn = { sourcePort: 41_000 + port, destinationPort: port, flags: 'S' }
      traffic.tcp(
        SCANNER,
        host,
        { ...syn, ...(options === undefined ? {} : { options: bytesOf(options) }) },
        900_000,
      )
      const back = { sourcePort: port, destinationPort: 41_000 + port }
      if (isOpen) traffic.tcp(host, SCANNER, { ...back, flags: 'SA' })
    }
  }
  return traffic
    .end()
    .filter(({ family }) => family === 'scan' || family === 'sweep')
    .map(({ kind, attacker, victims }) => `${kind} ${attacker} ${victims.length}`)
}

describe('a few ports of a few hosts', () => {
  test('asked for by SYNs that no socket makes are a scan of the block', () => {
    expect(told({})).toEqual([`scan.block ${SCANNER} 4`])
    expect(told({ hosts: 8 })).toEqual([`scan.block ${SCANNER} 8`])
  })

  test('are no scan of the block where they are many, which is told otherwise, or too few', () => {
    expect(told({ hosts: 20 }).map((line) => line.split(' ')[0])).toEqual(['sweep.tcp'])
    expect(told({ ports: [22, 80] })).toEqual([])
    expect(told({ hosts: 3 })).toEqual([])
  })

  test('are counted up to 256, however many more are asked for', () => {
    const traffic = new WatchedTraffic()
    const syn = (host: string, port: number): void =>
      traffic.tcp(SCANNER, host, { sourcePort: 41_000, destinationPort: port, flags: 'S' }, 10_000)
    for (const host of hosts(4)) for (const port of PORTS) syn(host, port)
    for (let index = 0; index < 1200; index += 1) syn(`10.0.0.${5 + (index % 240)}`, 5000 + index)
    const blocks = traffic.end().filter(({ kind }) => kind === 'scan.block')
    expect(blocks).toMatchObject([{ attacker: SCANNER, count: 256 }])
  })

  test('are none where each host is asked for ports of its own, as peers are', () => {
    const traffic = new WatchedTraffic()
    for (const [index, host] of hosts(10).entries()) {
      for (const port of [0, 1, 2].map((at) => 4662 + index * 31 + at)) {
        traffic.tcp(SCANNER, host, { sourcePort: port, destinationPort: port, flags: 'S' }, 900_000)
      }
    }
    expect(traffic.end().filter(({ kind }) => kind === 'scan.block')).toEqual([])
  })

  test('are none of hosts that live anywhere', () => {
    const traffic = new WatchedTraffic()
    for (let host = 1; host <= 8; host += 1) {
      for (const port of PORTS) {
        const ends = { sourcePort: 40_000, destinationPort: port, flags: 'S' }
        traffic.tcp(SCANNER, `198.51.${host * 9}.7`, ends, 900_000)
      }
    }
    expect(traffic.end().filter(({ kind }) => kind === 'scan.block')).toEqual([])
  })

  test('are none where they answer, or sockets ask', () => {
    expect(told({ isOpen: true })).toEqual([])
    expect(told({ options: '\x02\x04\x05\xb4\x04\x02\x08\x0a\0\0\0\x01\0\0\0\0\x01\x03\x03\x07' })).toEqual([]) // prettier-ignore
  })
})
