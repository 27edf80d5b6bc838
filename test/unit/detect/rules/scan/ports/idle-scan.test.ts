import { describe, expect, test } from 'vitest'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const SCANNER = '192.0.2.7'
const ZOMBIE = '10.0.0.8'
const TARGET = '10.0.0.5'

/** A SYN-ACK out of nothing, and the reset that it earns. */
function probe(traffic: WatchedTraffic, from: number, to: number): void {
  const there = { sourcePort: from, destinationPort: to, flags: 'SA' }
  traffic.tcp(SCANNER, ZOMBIE, there, 30_000)
  traffic.tcp(ZOMBIE, SCANNER, { sourcePort: to, destinationPort: from, flags: 'R' })
}

const idle = (traffic: WatchedTraffic) => traffic.end().filter(({ kind }) => kind === 'scan.idle')

describe('an idle scan', () => {
  test('names who reads the numbers, the host in the middle and whom it is made to try', () => {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 6; round += 1) probe(traffic, 40_000 + round, 80)
    traffic.silence(60_000_000)
    for (let port = 1; port < 30; port += 1) {
      const forged = { sourcePort: 80, destinationPort: port, flags: 'S' }
      traffic.tcp(ZOMBIE, TARGET, forged)
      traffic.tcp(TARGET, ZOMBIE, { sourcePort: port, destinationPort: 80, flags: 'RA' })
      probe(traffic, 40_100 + port, 80)
    }
    expect(idle(traffic)).toMatchObject([
      { severity: 5, attacker: SCANNER, victims: [ZOMBIE, TARGET] },
    ])
  })

  test('is not what a flooded server sends back to whose name was forged', () => {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 60; round += 1) probe(traffic, 443, 20_000 + round * 7)
    expect(idle(traffic)).toEqual([])
  })

  test('is not one port of which only the answers were captured', () => {
    const traffic = new WatchedTraffic()
    for (let port = 1; port < 60; port += 1) {
      traffic.tcp(TARGET, ZOMBIE, { sourcePort: port, destinationPort: 40_000, flags: 'SA' })
    }
    expect(idle(traffic)).toEqual([])
  })
})
