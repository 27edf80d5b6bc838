import { describe, expect, test } from 'vitest'
import { dnsMessage } from '../../../../../support/messages/dns-messages.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const SERVER = '192.0.2.53'
const client = (index: number, many: number): string =>
  `203.${(index % many) >> 8}.113.${(index % many) & 255}`

interface Asked {
  readonly questions: number
  readonly askers: number
  readonly name: (index: number) => string
  readonly flags?: number
}

function ask({ questions, askers, name, flags = 0x8183 }: Asked): WatchedTraffic {
  const traffic = new WatchedTraffic()
  for (let index = 0; index < questions; index += 1) {
    const labels = [name(index), 'shop', 'com']
    const ports = { sourcePort: 2000 + (index % 50_000), destinationPort: 53 }
    const back = { sourcePort: 53, destinationPort: ports.sourcePort }
    const who = client(index, askers)
    traffic.udp(who, SERVER, { ...ports, payload: dnsMessage({ id: index & 0xffff, labels }) }, 500)
    const payload = dnsMessage({ id: index & 0xffff, labels, flags })
    traffic.udp(SERVER, who, { ...back, payload }, 500)
  }
  return traffic
}

const floodsIn = (traffic: WatchedTraffic) =>
  traffic.end().filter(({ kind }) => kind === 'flood.dns')

const random = (index: number): string =>
  ((Math.imul(index + 1, 2_654_435_761) >>> 0) + 2 ** 33).toString(36)

const TOLD = { victims: [SERVER], attacker: null, domain: 'shop.com' }

describe('questions to a name server', () => {
  test('of many hosts for ever new names that are not there are a flood', () => {
    const traffic = ask({ questions: 5000, askers: 2000, name: random })
    expect(floodsIn(traffic)).toMatchObject([TOLD])
  })

  test('of ever new askers for one name are a flood', () => {
    const traffic = ask({ questions: 9000, askers: 9000, name: () => 'www', flags: 0x8180 })
    expect(floodsIn(traffic)).toMatchObject([TOLD])
  })

  test('for names that are there are its work', () => {
    const traffic = ask({ questions: 5000, askers: 2000, name: random, flags: 0x8180 })
    // Without an answer's record, NOERROR still says that the name is there.
    expect(floodsIn(traffic)).toEqual([])
  })

  test('of a few hosts are searches or tunnels', () => {
    const traffic = ask({ questions: 5000, askers: 4, name: random })
    expect(floodsIn(traffic)).toEqual([])
  })

  test('of the same clients for the same few names are not', () => {
    const traffic = ask({ questions: 9000, askers: 300, name: () => 'www', flags: 0x8180 })
    expect(floodsIn(traffic)).toEqual([])
  })

  test('that nobody answers any more are told once, and what else comes to the server apart', () => {
    const traffic = new WatchedTraffic()
    const udp = (index: number, port: number, payload: Uint8Array | string): void =>
      traffic.udp(
        client(index, 50_000),
        SERVER,
        { sourcePort: 2000, destinationPort: port, payload },
        100,
      )
    for (let index = 0; index < 20_000; index += 1) {
      udp(index, 53, dnsMessage({ id: index & 0xffff, labels: [random(index), 'shop', 'com'] }))
    }
    expect(new Set(traffic.tellings.map(({ kind }) => kind))).toEqual(new Set(['flood.dns']))
    for (let index = 20_000; index < 45_000; index += 1) udp(index, index & 0xffff, 'x'.repeat(40))
    const kinds = traffic.end().map(({ kind }) => kind)
    expect(kinds.sort()).toEqual(['flood.dns', 'flood.udp'])
  })

  test('are told once, too, where the capture ends within the second', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 20_000; index += 1) {
      const payload = dnsMessage({ id: index & 0xffff, labels: [random(index), 'shop', 'com'] })
      const ports = { sourcePort: 2000, destinationPort: 53 }
      traffic.udp(client(index, 50_000), SERVER, { ...ports, payload }, 40)
    }
    expect(traffic.end()).toMatchObject([{ kind: 'flood.dns' }])
  })
})
