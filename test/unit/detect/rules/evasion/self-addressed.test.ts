import { expect, test } from 'vitest'
import { ipv4 } from '../../../../support/packets/ip-builder.ts'
import { ethernet, ipData } from '../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

test('a SYN from an address and port to itself is told, over IPv6 too (land)', () => {
  const traffic = new WatchedTraffic()
  const ports = { sourcePort: 139, destinationPort: 139 }
  traffic.tcp('192.0.2.10', '192.0.2.10', { ...ports, flags: 'S' })
  traffic.tcp('fd00::10', 'fd00::10', { ...ports, flags: 'S' })
  expect(traffic.end()).toMatchObject([
    { kind: 'evasion.land', severity: 5, attacker: null, victims: ['192.0.2.10'] },
    { kind: 'evasion.land', severity: 5, attacker: null, victims: ['fd00::10'] },
  ])
})

test('SYNs from an address to itself are told whatever their ports, where nobody answers them', () => {
  for (const isAnswered of [false, true]) {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 40; index += 1) {
      const ports = { sourcePort: 1500 + index, destinationPort: 80 }
      traffic.tcp('192.0.2.10', '192.0.2.10', { ...ports, flags: 'S' })
      if (!isAnswered) continue
      const back = { sourcePort: 80, destinationPort: 1500 + index }
      traffic.tcp('192.0.2.10', '192.0.2.10', { ...back, flags: 'RA' })
    }
    expect(traffic.end().map(({ kind }) => kind)).toEqual(isAnswered ? [] : ['evasion.land'])
  }
})

test('a program that talks to its own host is none', () => {
  const traffic = new WatchedTraffic()
  const ports = { sourcePort: 40000, destinationPort: 5432 }
  traffic.conversation('192.0.2.10', '192.0.2.10', ports, [100, -100])
  traffic.udp('127.0.0.1', '127.0.0.1', { sourcePort: 123, destinationPort: 123 })
  expect(traffic.end()).toEqual([])
})

test('a fragment that fits but for the header before it is told too (jolt2)', () => {
  const told = (fragmentOffset: number): string[] => {
    const traffic = new WatchedTraffic()
    const ends = { source: '192.0.2.66', destination: '192.0.2.10' }
    traffic.frame(ethernet(ipv4({ ...ends, fragmentOffset }, ipData(1, 'x'.repeat(9)))))
    return traffic.end().map(({ kind }) => kind)
  }
  expect(told(65_520)).toEqual(['evasion.oversized-fragments'])
  expect(told(65_504)).toEqual([])
})

test('a fragment that ends beyond the longest packet is told at once (ping of death)', () => {
  const traffic = new WatchedTraffic()
  const ends = { source: '192.0.2.66', destination: '192.0.2.10' }
  const piece = ipv4({ ...ends, fragmentOffset: 65_512 }, ipData(1, 'x'.repeat(400)))
  traffic.frame(ethernet(piece))
  expect(traffic.end()).toMatchObject([
    {
      kind: 'evasion.oversized-fragments',
      severity: 5,
      attacker: '192.0.2.66',
      victims: ['192.0.2.10'],
    },
  ])
})
