import { describe, expect, test } from 'vitest'
import { dnsMessage } from '../../../../../support/dns-messages.ts'
import { WatchedTraffic } from '../../../../../support/watched-traffic.ts'

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
})
