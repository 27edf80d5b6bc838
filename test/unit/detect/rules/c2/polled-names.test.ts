import { describe, expect, test } from 'vitest'
import { ask, type Asking } from '../../../../support/messages/asked-names.ts'
import { seededRandom } from '../../../../support/seeded-random.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const HOST = '192.168.7.20'
const RESOLVER = '192.168.7.1'
const BEACON = '19997cf2.c1.updates-cdn.com'

interface Polls extends Partial<Asking> {
  readonly times?: number
  readonly jitter?: number
  readonly everyUs?: number
  /** The host goes to the address that it was told. */
  readonly visits?: string
}

function poll(traffic: WatchedTraffic, name: string, polls: Polls = {}): void {
  const { times = 30, jitter = 0.1, everyUs = 60_000_000, visits, ...asking } = polls
  const random = seededRandom(3)
  for (let time = 0; time < times; time += 1) {
    const late = ((random(2001) - 1000) / 1000) * jitter
    ask(traffic, name, { client: HOST, server: RESOLVER, answer: '0.0.0.0', ...asking, afterUs: 0 })
    if (visits !== undefined) traffic.tcp(HOST, visits, { flags: 'S', destinationPort: 443, sourcePort: 20_000 + time }) // prettier-ignore
    traffic.wait(everyUs * (1 + late))
  }
}

function told(name: string, polls: Polls = {}): readonly object[] {
  const traffic = new WatchedTraffic()
  poll(traffic, name, polls)
  return traffic.end()
}

describe('a host that asks for one odd name again and again, and goes nowhere', () => {
  const event = { kind: 'c2.dns', family: 'c2', host: HOST, domain: BEACON, attacker: null }

  test('is told, whether it is answered with nowhere or with a place that it never visits', () => {
    expect(told(BEACON)).toMatchObject([event])
    const traffic = new WatchedTraffic()
    traffic.tcp(HOST, '192.0.2.99', { flags: 'S', destinationPort: 443 })
    poll(traffic, BEACON, { answer: '8.8.4.4' })
    expect(traffic.end()).toMatchObject([event])
  })

  test('is no such thing when it goes where the answer points', () => {
    expect(told(BEACON, { answer: '203.0.113.7', visits: '203.0.113.7' })).toEqual([])
  })

  test('is no such thing when two such names lead to one place, and it goes there', () => {
    const traffic = new WatchedTraffic()
    for (let time = 0; time < 30; time += 1) {
      for (const name of [BEACON, '7b3e91d0.c1.updates-cdn.com']) {
        ask(traffic, name, { client: HOST, server: RESOLVER, answer: '203.0.113.7', afterUs: 0 })
      }
      traffic.tcp(HOST, '203.0.113.7', { flags: 'S', destinationPort: 443, sourcePort: 20_000 + time }) // prettier-ignore
      traffic.wait(60_000_000)
    }
    expect(traffic.end().filter(({ kind }) => kind === 'c2.dns')).toEqual([])
  })

  test('is no such thing where names alone are captured, and might be visited', () => {
    expect(told(BEACON, { answer: '203.0.113.7' })).toEqual([])
  })

  test('is no such thing by a name that people gave, or of a service that names things so', () => {
    expect(told('telemetry.vendor-cloud.com')).toEqual([])
    expect(told('a3k7odshaiipe8.iot.eu-west-1.amazonaws.com')).toEqual([])
  })

  test('is no such thing at no interval, or a few times', () => {
    expect(told(BEACON, { jitter: 0.95, times: 20 })).toEqual([])
    expect(told(BEACON, { times: 5 })).toEqual([])
  })

  test('is not told of a resolver, which asks when what it knows has expired', () => {
    const traffic = new WatchedTraffic()
    ask(traffic, 'www.example.com', { client: '192.168.7.30', server: HOST, answer: '192.0.2.1' })
    poll(traffic, BEACON)
    expect(traffic.end()).toEqual([])
  })
})

describe('a host that fetches the text of one name at an interval', () => {
  const text = { type: 'TXT', answer: '\x04bm9w' }

  test('is told, with the name', () => {
    expect(told('cmd.fluffy-panda.top', text)).toMatchObject([
      { kind: 'c2.dns', host: HOST, domain: 'cmd.fluffy-panda.top', severity: 4 },
    ])
  })

  test('is no such thing where policies, keys and known services are looked up', () => {
    for (const name of [
      '_dmarc.example.com',
      'k1._domainkey.example.com',
      'o-o.myaddr.l.google.com',
      'current.cvd.clamav.net',
    ]) {
      // prettier-ignore
      expect(told(name, text)).toEqual([])
    }
  })

  test('is no such thing of a mail server, to which the same senders come whenever they like', () => {
    expect(told('example.com', { ...text, jitter: 0.95 })).toEqual([])
  })
})
