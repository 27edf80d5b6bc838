import { describe, expect, test } from 'vitest'
import { visit } from '../../../../../support/messages/logins.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

/** MS-RDPBCGR §2.2.1.1: TPKT, X.224 request, cookie; and the confirm that chooses CredSSP. */
const COOKIE = Buffer.from('Cookie: mstshash=admin\r\n')
const LENGTH = 11 + COOKIE.length + 8
const REQUEST = new Uint8Array([3, 0, 0, LENGTH, LENGTH - 5, 0xe0, 0, 0, 0, 0, 0, ...COOKIE, 1, 0, 8, 0, 3, 0, 0, 0]) // prettier-ignore
const CONFIRM = new Uint8Array([3, 0, 0, 19, 14, 0xd0, 0, 0, 0, 0, 0, 2, 0, 8, 0, 2, 0, 0, 0])

function connect(traffic: WatchedTraffic, sent: number, received: number): void {
  const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(23)
  visit(traffic, {
    port: 3389,
    said: [
      ['>', REQUEST],
      ['<', CONFIRM],
      ...(sent > 0
        ? ([
            ['>', bytes(sent)],
            ['<', bytes(received)],
          ] as const)
        : []),
    ],
  })
}

const guesses = (traffic: WatchedTraffic): unknown[] =>
  traffic.end().filter(({ family }) => family === 'bruteforce')

describe('password guessing over RDP', () => {
  test('shows in many connections that end at once', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 30; index += 1) connect(traffic, 1200, 1300)
    expect(guesses(traffic)).toMatchObject([
      { kind: 'bruteforce.rdp', attacker: '192.0.2.7', victims: ['10.0.0.5'], severity: 6 },
    ])
  })

  test('is not seen in probes that only ask who is there, nor in a few failed logins', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 200; index += 1) connect(traffic, 0, 0)
    for (let index = 0; index < 5; index += 1) connect(traffic, 1200, 1300)
    expect(guesses(traffic)).toEqual([])
  })
})
