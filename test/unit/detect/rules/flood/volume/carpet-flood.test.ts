import { describe, expect, test } from 'vitest'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const forged = (index: number): string =>
  `${20 + (index % 150)}.${(index >> 8) & 255}.${index & 255}.${1 + ((index * 7) % 250)}`
const host = (index: number): string => `192.0.2.${1 + ((index * 37) % 200)}`

const floodsIn = (traffic: WatchedTraffic) =>
  traffic.end().filter(({ family }) => family === 'flood' || family === 'amplification')

describe('a flood laid over a network', () => {
  test('of datagrams by ever new senders is told as one, with no attacker', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 6000; index += 1) {
      const ports = { sourcePort: 1024 + (index % 60_000), destinationPort: 7000 + (index % 5000) }
      traffic.udp(forged(index), host(index), { ...ports, payload: new Uint8Array(300) }, 500)
    }
    const floods = floodsIn(traffic)
    expect(floods).toMatchObject([{ kind: 'flood.carpet', attacker: null }])
    expect(floods[0]!.victims).toContain(host(200))
  })

  test('of SYNs is told as well, over IPv6 too', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 6000; index += 1) {
      const source = `2001:db8:${(index + 1).toString(16)}::7`
      const target = `2001:db8:ffff::${(1 + (index % 90)).toString(16)}`
      const ports = { sourcePort: 1024 + (index % 60_000), destinationPort: 80 }
      traffic.tcp(source, target, { ...ports, flags: 'S' }, 500)
    }
    expect(floodsIn(traffic)).toMatchObject([{ kind: 'flood.carpet', attacker: null }])
  })

  test('is none where one host sends, which looks for hosts', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 6000; index += 1) {
      const ports = { sourcePort: 40_000, destinationPort: 1 + index }
      traffic.tcp('203.0.113.7', host(index), { ...ports, flags: 'S' }, 500)
    }
    expect(floodsIn(traffic).filter(({ kind }) => kind === 'flood.carpet')).toEqual([])
  })

  test('is none where the network answers, as a farm of servers does', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 5000; index += 1) {
      const ports = { sourcePort: 1024 + (index % 60_000), destinationPort: 4433 }
      const back = { sourcePort: 4433, destinationPort: ports.sourcePort }
      traffic.udp(forged(index), host(index), { ...ports, payload: new Uint8Array(300) }, 250)
      traffic.udp(host(index), forged(index), { ...back, payload: new Uint8Array(300) }, 250)
    }
    expect(floodsIn(traffic)).toEqual([])
  })
})

describe('datagrams to the small services of a whole network', () => {
  test('in one host’s name are a flood of that host', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 400; index += 1) {
      const ports = { sourcePort: 30_000 + index, destinationPort: 7 }
      traffic.udp('192.0.2.9', '192.0.2.255', { ...ports, payload: new Uint8Array(64) }, 5000)
    }
    expect(floodsIn(traffic)).toMatchObject([
      { kind: 'amplification.fraggle', attacker: null, victims: ['192.0.2.9'] },
    ])
  })

  test('of which there are a few are none', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 60; index += 1) {
      const ports = { sourcePort: 30_000 + index, destinationPort: 7 }
      traffic.udp('192.0.2.9', '192.0.2.255', { ...ports, payload: new Uint8Array(64) }, 500_000)
    }
    expect(floodsIn(traffic)).toEqual([])
  })
})
