import { expect, test } from 'vitest'
import { arpAnswer, arpExchange, type Card } from '../../../../../support/packets/link-traffic.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const HOST: Card = { mac: '00:33:44:00:00:02', address: '10.0.0.2' }
const SECOND = 1_000_000

/** The severities of stories about one address that two cards bear, the second in answers to no question. */
function claimed(first: string, second: string, answers = 4, everyUs = 10 * SECOND): number[] {
  const traffic = new WatchedTraffic()
  arpExchange(traffic, HOST, { mac: first, address: '10.0.0.20' })
  for (let round = 0; round < answers; round += 1) {
    const claim: Card = { mac: second, address: '10.0.0.20' }
    arpAnswer(traffic, claim, HOST, '10.0.0.20', everyUs)
  }
  return traffic.end().map(({ severity }) => severity)
}

test('two cards of one make may be a bonded pair', () => {
  expect(claimed('00:99:aa:00:00:01', '00:99:aa:00:00:02')).toEqual([3])
})

test('the cards of virtual machines are all of one make, and no bonded pair', () => {
  expect(claimed('08:00:27:00:00:01', '08:00:27:00:00:66')).toEqual([5])
})

test('no pair moves one client about every two seconds', () => {
  const [one, other] = ['00:99:aa:00:00:01', '00:99:aa:00:00:02'] as const
  expect(claimed(one, other, 15, 2 * SECOND)).toEqual([5])
  expect(claimed(one, other, 15)).toEqual([3])
})
