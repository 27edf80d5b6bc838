import { expect, it } from 'vitest'
import { ipv4 } from '../../../../support/packets/ip-builder.ts'
import { ethernet, tcp, udp } from '../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const ends = { source: '192.0.2.66', destination: '192.0.2.10' }
const datagram = udp({ payload: 'x'.repeat(200) })

/** Sends a packet in pieces that begin and end where they are told to. */
function sendPieces(
  traffic: WatchedTraffic,
  pieces: readonly (readonly [start: number, end: number])[],
  whole = datagram,
  identification = 1,
): void {
  for (const [start, end] of pieces) {
    const place = { fragmentOffset: start, moreFragments: end < 208, slice: [start, end] as const }
    traffic.frame(ethernet(ipv4({ ...ends, identification, ...place }, whole)))
  }
}

it('tells of a single overlap (teardrop) at once, and names sender and victim', () => {
  const traffic = new WatchedTraffic()
  sendPieces(traffic, [
    [0, 64],
    [24, 32],
  ])
  expect(traffic.stories()).toMatchObject([
    {
      kind: 'evasion.overlapping-fragments',
      family: 'evasion',
      severity: 5,
      attacker: '192.0.2.66',
      victims: ['192.0.2.10'],
      count: 1,
    },
  ])
})

it('tells of tiny fragments as one story, however many there are (nmap -f)', () => {
  const traffic = new WatchedTraffic()
  for (let port = 1; port <= 20; port += 1) {
    const syn = tcp({ flags: 'S', destinationPort: port })
    for (const [start, end] of [
      [0, 8],
      [8, 16],
      [16, 20],
    ] as const) {
      const place = { fragmentOffset: start, moreFragments: end < 20, slice: [start, end] as const }
      traffic.frame(ethernet(ipv4({ ...ends, identification: port, ...place }, syn)))
    }
  }
  const stories = traffic.end()
  const tiny = stories.filter(({ kind }) => kind === 'evasion.tiny-fragments')
  expect(tiny).toMatchObject([{ severity: 4, count: 40, isFinal: true, attacker: '192.0.2.66' }])
  // The scan itself is seen too.
  expect(stories.map(({ kind }) => kind)).toContain('scan.vertical.syn')
})

it('tells of a request whose words are cut apart (fragroute), and of what it says', () => {
  const traffic = new WatchedTraffic()
  const payload = 'GET /item?id=1%27+or+%271%27%3D%271 HTTP/1.1\r\nHost: a\r\n\r\n'
  const whole = tcp({ flags: 'PA', payload })
  const length = 20 + payload.length
  for (let start = 0; start < length; start += 24) {
    const place = { fragmentOffset: start, moreFragments: start + 24 < length }
    const slice = [start, Math.min(start + 24, length)] as const
    traffic.frame(ethernet(ipv4({ ...ends, ...place, slice }, whole)))
  }
  expect(traffic.stories()).toMatchObject([
    { kind: 'evasion.tiny-fragments', severity: 4, attacker: ends.source },
    { kind: 'web.sql-injection', attacker: ends.source },
  ])
})

it('says nothing about honest fragments, sent twice or out of order', () => {
  const traffic = new WatchedTraffic()
  for (let identification = 0; identification < 50; identification += 1) {
    const pieces = [
      [104, 208],
      [0, 104],
      [0, 104],
      [104, 208],
    ] as const
    sendPieces(traffic, pieces, datagram, identification)
  }
  expect(traffic.end()).toEqual([])
})

it('says nothing about a single damaged packet', () => {
  const traffic = new WatchedTraffic()
  sendPieces(traffic, [[0, 8]], tcp({ flags: 'S', payload: 'x'.repeat(200) }))
  expect(traffic.end()).toEqual([])
})

it('is one story, and names nobody, when a thousand forged senders do it', () => {
  const traffic = new WatchedTraffic()
  for (let sender = 0; sender < 1000; sender += 1) {
    const source = `198.51.${100 + (sender >> 8)}.${sender & 255}`
    const place = { fragmentOffset: 65_528, slice: [0, 64] as const, identification: sender }
    traffic.frame(ethernet(ipv4({ source, destination: '192.0.2.10', ...place }, datagram)))
  }
  const stories = traffic.end().filter(({ family }) => family === 'evasion')
  expect(stories.map(({ kind, attacker, count }) => [kind, attacker, count])).toEqual([
    ['evasion.malformed-fragments', null, 1000],
  ])
})
