import { describe, expect, test } from 'vitest'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const HOST = '10.0.0.7'
const OUTSIDE = '203.0.113.9'
const HOUR_US = 3_600_000_000
const MEGABYTE = 1_000_000
const SEGMENT = 50_000

let port = 30_000

/** One connection that sends and receives so much. */
function transfer(
  traffic: WatchedTraffic,
  server: string,
  sent: number,
  received = 2000,
  host = HOST,
): void {
  port = 30_000 + ((port + 1) % 30_000)
  const segments = Array.from({ length: Math.ceil(sent / SEGMENT) }, () => Math.min(SEGMENT, sent))
  const back = Array.from(
    { length: Math.ceil(received / SEGMENT) },
    () => -Math.min(SEGMENT, received),
  )
  traffic.conversation(host, server, { sourcePort: port, destinationPort: 443 }, [
    ...segments,
    ...back,
  ])
  traffic.silence(10_000_000)
}

function uploadsIn(traffic: WatchedTraffic) {
  return traffic.end().filter(({ family }) => family === 'exfiltration')
}

describe('an upload', () => {
  test('ten times the busiest hour of the host alerts', () => {
    const traffic = new WatchedTraffic()
    for (let hour = 0; hour < 26; hour += 1) {
      transfer(traffic, '198.51.100.1', MEGABYTE)
      traffic.wait(HOUR_US)
    }
    transfer(traffic, OUTSIDE, 52 * MEGABYTE)
    expect(uploadsIn(traffic)).toMatchObject([
      { kind: 'exfiltration.volume', severity: 5, host: HOST, attacker: OUTSIDE, isFinal: true },
    ])
  })

  test.each([
    ['IPv4', HOST, OUTSIDE],
    ['IPv6', 'fd00::7', '2001:db8::9'],
  ])('of a host without a past is notable, over %s', (_, host, server) => {
    const traffic = new WatchedTraffic()
    transfer(traffic, server, 52 * MEGABYTE, 2000, host)
    expect(uploadsIn(traffic)).toMatchObject([{ severity: 3, host, attacker: server }])
  })

  test('as large as the one every night is notable at most', () => {
    const traffic = new WatchedTraffic()
    for (let hour = 0; hour < 26; hour += 1) {
      transfer(traffic, OUTSIDE, 6 * MEGABYTE)
      traffic.wait(HOUR_US)
    }
    transfer(traffic, OUTSIDE, 53 * MEGABYTE)
    expect(uploadsIn(traffic).every(({ severity }) => severity < 4)).toBe(true)
  })
})

describe('no upload is', () => {
  test('a call that sends as much as it receives', () => {
    const traffic = new WatchedTraffic()
    transfer(traffic, OUTSIDE, 52 * MEGABYTE, 40 * MEGABYTE)
    expect(uploadsIn(traffic)).toEqual([])
  })

  test('a copy to a server of the house', () => {
    const traffic = new WatchedTraffic()
    transfer(traffic, '10.0.0.9', 52 * MEGABYTE)
    expect(uploadsIn(traffic)).toEqual([])
  })

  test('what a web server sends to who asks', () => {
    const traffic = new WatchedTraffic()
    transfer(traffic, HOST, 2000, 52 * MEGABYTE, OUTSIDE)
    expect(uploadsIn(traffic)).toEqual([])
  })

  test('mail and browsing', () => {
    const traffic = new WatchedTraffic()
    for (let count = 0; count < 40; count += 1) transfer(traffic, OUTSIDE, 100_000, 400_000)
    expect(uploadsIn(traffic)).toEqual([])
  })
})
