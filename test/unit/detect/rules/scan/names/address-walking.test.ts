import { describe, expect, test } from 'vitest'
import type { Detection } from '../../../../../../src/detect/detection.ts'
import { ask, type Asking } from '../../../../../support/messages/asked-names.ts'
import { seededRandom } from '../../../../../support/seeded-random.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const CLIENT = '192.0.2.66'
const asking: Asking = { client: CLIENT, server: '10.0.0.53', type: 'PTR', answer: 'missing' }
const inOrder = Array.from({ length: 40 }, (_, index) => index + 1)
const longer = Array.from({ length: 60 }, (_, index) => index + 1)

function scans(octets: readonly number[], how: Partial<Asking> = {}): readonly Detection[] {
  const traffic = new WatchedTraffic()
  for (const octet of octets) {
    ask(traffic, `${octet}.4.77.10.in-addr.arpa`, { ...asking, ...how })
  }
  return traffic.end().filter(({ family }) => family === 'scan')
}

const walk = { kind: 'scan.dns-addresses', attacker: CLIENT, victims: ['10.0.0.53'], severity: 4 }

describe('a host that asks for the names of a network', () => {
  test.each<[string, readonly number[], Partial<Asking>]>([
    ['one after another', inOrder, {}],
    ['every other one', inOrder.map((octet) => octet * 2), {}],
    ['of which the answers alone are captured', inOrder, { isAnswerOnly: true }],
    ['in pairs that swap places', longer.map((octet) => ((octet - 1) ^ 1) + 1), {}],
    ['each twice', inOrder.flatMap((octet) => [octet, octet]), {}],
    ['slowly', inOrder, { afterUs: 8_000_000 }],
  ])('%s is told', (_, octets, how) => {
    const told = scans(octets, how)
    expect(told).toMatchObject([walk])
    expect(told[0]!.summary).toContain('10.77.4.0/24')
  })

  test('in the order in which its clients come by is not told', () => {
    const random = seededRandom(5)
    expect(scans(inOrder.map(() => 1 + random(250)))).toEqual([])
  })

  test('of whom there are a dozen is not told', () => {
    expect(scans(inOrder.slice(0, 12))).toEqual([])
  })
})
