import { describe, expect, test } from 'vitest'
import { ask, type Asking } from '../../../../../support/messages/asked-names.ts'
import { seededRandom } from '../../../../../support/seeded-random.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const CLIENT = '192.168.7.7'
const BETWEEN: Asking = {
  client: CLIENT,
  server: '8.8.8.8',
  answer: '192.0.2.1',
  afterUs: 40_000_000,
}
const BASE36 = 'abcdefghijklmnopqrstuvwxyz0123456789'
const DOMAINS = ['updates.example', 'remit.example', 'expedia.example']

function label(random: (bound: number) => number, length: number): string {
  return Array.from({ length }, () => BASE36[random(36)]!).join('')
}

function tunnelsIn(traffic: WatchedTraffic) {
  return traffic.end().filter(({ family }) => family === 'tunnel')
}

describe('a DNS tunnel that takes its domains in turn', () => {
  test('is told as one, with the host, where beneath none of them there is enough', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(5)
    for (let count = 0; count < 60; count += 1) {
      const domain = DOMAINS[random(DOMAINS.length)]!
      ask(traffic, `${label(random, 5 + random(4))}.${domain}`, BETWEEN)
    }
    expect(tunnelsIn(traffic)).toMatchObject([
      { kind: 'tunnel.dns', host: CLIENT, severity: 5, isFinal: true },
    ])
  })

  test('is told by the number with which a host names itself everywhere', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(6)
    for (let count = 0; count < 40; count += 1) {
      const domain = ['a.example', 'b.example', 'c.example', 'd.example'][count % 4]!
      ask(traffic, `1470-${label(random, 3)}.${domain}`, BETWEEN)
    }
    expect(tunnelsIn(traffic)).toMatchObject([{ kind: 'tunnel.dns', host: CLIENT }])
  })

  test('is not seen in odd names that are asked for in A and AAAA', () => {
    const traffic = new WatchedTraffic()
    const random = seededRandom(7)
    for (let count = 0; count < 60; count += 1) {
      const name = `${label(random, 8)}.${DOMAINS[count % DOMAINS.length]!}`
      ask(traffic, name, BETWEEN)
      ask(traffic, name, { ...BETWEEN, type: 'AAAA', afterUs: 1000 })
    }
    expect(tunnelsIn(traffic)).toEqual([])
  })

  test('is not seen in machines that are numbered alike beneath one domain and few others', () => {
    const traffic = new WatchedTraffic()
    for (let count = 0; count < 60; count += 1) {
      ask(traffic, `node7${count}.${DOMAINS[count % 2]!}`, BETWEEN)
    }
    expect(tunnelsIn(traffic)).toEqual([])
  })
})
