import { expect, test } from 'vitest'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const CLIENT = '192.0.2.7'
const SERVER = '10.0.0.5'
const SECOND = 1_000_000

interface Visits {
  readonly port?: number
  readonly count?: number
  readonly gapUs?: number
  readonly sent?: (visit: number) => number
  readonly snapBytes?: number
}

/** Stories of one client's connections to one port, in a capture that keeps the headers. */
function guesses(visits: Visits): unknown[] {
  const { port = 22, count = 40, gapUs = 5 * SECOND, snapBytes = 68 } = visits
  const traffic = new WatchedTraffic({ snapBytes })
  for (let visit = 0; visit < count; visit += 1) {
    const sent = visits.sent?.(visit) ?? 1300 + (visit % 3) * 16
    const ports = { sourcePort: 40_000 + visit, destinationPort: port }
    traffic.conversation(CLIENT, SERVER, ports, [24, -24, sent, -1500, 80, -60])
    traffic.silence(gapUs)
  }
  return traffic.end().filter(({ family }) => family === 'bruteforce')
}

test('connections to SSH, one after the other and alike, are told as guesses', () => {
  expect(guesses({})).toMatchObject([
    { kind: 'bruteforce.ssh', severity: 4, attacker: CLIENT, victims: [SERVER] },
  ])
})

test('and so are those to FTP, which says little', () => {
  expect(guesses({ port: 21, sent: (visit) => 20 + ((visit * 7) % 20) })).toMatchObject([
    { kind: 'bruteforce.ftp' },
  ])
})

test('are none of a program that comes once a minute, or does now more and now less', () => {
  expect(guesses({ gapUs: 60 * SECOND })).toEqual([])
  expect(guesses({ sent: (visit) => 700 + ((visit * 7) % 10) * 1000 })).toEqual([])
})

test('are none of a few, of probes that say less than any login, or elsewhere', () => {
  expect(guesses({ count: 16 })).toEqual([])
  expect(guesses({ sent: () => 100 })).toEqual([])
  expect(guesses({ port: 5432 })).toEqual([])
})

test('are left to those who read the protocol where it is captured', () => {
  expect(guesses({ snapBytes: 1600 })).toEqual([])
})
