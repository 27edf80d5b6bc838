import { describe, expect, test } from 'vitest'
import { ipv4, ipv6 } from '../../../../../support/packets/ip-builder.ts'
import { tcp, udp } from '../../../../../support/packets/packet-builder.ts'
import { gre, ipInIp } from '../../../../../support/packets/tunnel-builder.ts'
import { seededRandom } from '../../../../../support/seeded-random.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const VICTIM = '10.0.0.5'
const random = seededRandom(3)
const anybody = () => [1 + random(220), random(256), random(256), 1 + random(250)].join('.')
const madeUp = () =>
  ipv4({ source: anybody(), destination: anybody() }, udp({ payload: 'X'.repeat(512) }))
const floods = (traffic: WatchedTraffic) => traffic.end().filter(({ family }) => family === 'flood')

describe('a flood of tunnelled packets', () => {
  test.each([
    ['GRE', gre],
    ['IP in IP', ipInIp],
  ])('in %s from made-up sources names the victim alone', (_, tunnel) => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 3000; index += 1) traffic.send(anybody(), VICTIM, tunnel(madeUp()))
    expect(floods(traffic)).toMatchObject([
      { kind: 'flood.tunnel', attacker: null, victims: [VICTIM] },
    ])
  })

  test('from one bot names it', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 3000; index += 1) {
      traffic.send('192.0.2.7', VICTIM, gre(madeUp()), 4000)
    }
    expect(floods(traffic)).toMatchObject([
      { kind: 'flood.tunnel', attacker: '192.0.2.7', victims: [VICTIM], severity: 5 },
    ])
  })

  test('over IPv6 names the victim', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 3000; index += 1) {
      traffic.send(`2001:db8::${index.toString(16)}`, 'fd00::5', gre(madeUp()))
    }
    expect(floods(traffic)).toMatchObject([{ kind: 'flood.tunnel', victims: ['fd00::5'] }])
  })
})

describe('no such flood is', () => {
  test('a tunnel full of conversations, though one direction of it alone is captured', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 6000; index += 1) {
      const [source, destination] = [`10.8.0.${index % 50}`, `10.9.0.${index % 37}`]
      const segment = tcp({ flags: 'A', sourcePort: 40_000 + (index % 50), destinationPort: 443, payload: 'x' }) // prettier-ignore
      traffic.send('192.0.2.1', '192.0.2.2', gre(ipv4({ source, destination }, segment)))
    }
    expect(floods(traffic)).toEqual([])
  })

  test('a tunnel that goes to and fro, whatever is in it', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 4000; index += 1) {
      const ends = [anybody(), anybody()] as const
      const there = ipv6({ source: '2001:db8::1', destination: `2001:db8::${index % 9000}` }, udp())
      traffic.send('192.0.2.1', '192.0.2.2', index % 3 === 0 ? gre(there) : gre(madeUp()))
      const back = ipv4({ source: ends[1], destination: ends[0] }, udp())
      traffic.send('192.0.2.2', '192.0.2.1', gre(back))
    }
    expect(floods(traffic).map(({ kind }) => kind)).not.toContain('flood.tunnel')
  })
})
