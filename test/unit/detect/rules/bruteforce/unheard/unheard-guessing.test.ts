import { describe, expect, test } from 'vitest'
import type { Detection } from '../../../../../../src/detect/detection.ts'
import { visit, type Visit } from '../../../../../support/messages/logins.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const CLIENT = '192.0.2.7'
const SERVER = '10.0.0.5'
const MINUTE_US = 60_000_000
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

type Said = Visit['said']

const ftp = (user: string, password: string): Said => [
  ['<', '220 ready\r\n'],
  ['>', `USER ${user}\r\n`],
  ['<', '331 password\r\n'],
  ['>', `PASS ${password}\r\n`],
  ['<', '530 Login incorrect.\r\n'],
]
const pop3 = (user: string, password: string): Said => [
  ['<', '+OK ready\r\n'],
  ['>', `USER ${user}\r\n`],
  ['<', '+OK\r\n'],
  ['>', `PASS ${password}\r\n`],
  ['<', '-ERR no\r\n'],
]
const imap = (user: string, password: string): Said => [
  ['<', '* OK ready\r\n'],
  ['>', `a1 LOGIN ${user} ${password}\r\n`],
  ['<', 'a1 NO\r\n'],
]
const smtp = (user: string, password: string): Said => [
  ['<', '220 mail ESMTP\r\n'],
  ['>', 'EHLO x\r\n'],
  ['<', '250 AUTH PLAIN\r\n'],
  ['>', `AUTH PLAIN ${Buffer.from(`\0${user}\0${password}`).toString('base64')}\r\n`],
  ['<', '535 5.7.8 failed\r\n'],
]
const basic = (user: string, password: string, status = '401 Unauthorized'): Said => [
  [
    '>',
    `GET /priv/ HTTP/1.1\r\nHost: a\r\nAuthorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}\r\n\r\n`,
  ],
  ['<', `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`],
]
const services = [
  ['http', 80, basic],
  ['ftp', 21, ftp],
  ['pop3', 110, pop3],
  ['imap', 143, imap],
  ['smtp', 25, smtp],
] as const

test.each(services)('many passwords for one user over %s are guesses, unheard as the answers are', (service, port, say) => {
  const traffic = new WatchedTraffic()
  for (const guess of range(20)) visit(traffic, { port, said: say('root', `guess${guess}`), sides: 'client' })
  expect(traffic.end()).toMatchObject([
    { kind: `bruteforce.${service}`, severity: 5, attacker: CLIENT, victims: [SERVER], count: 20 },
  ])
}) // prettier-ignore

test('are told by their refusals alone where these are captured', () => {
  const traffic = new WatchedTraffic()
  for (const guess of range(20)) visit(traffic, { port: 21, said: ftp('root', `guess${guess}`) })
  expect(traffic.end()).toMatchObject([{ kind: 'bruteforce.ftp', severity: 6 }])
})

test.each(services)('who says one password again and again over %s, or changes it, guesses nothing', (_, port, say) => {
  const traffic = new WatchedTraffic()
  for (const round of range(60)) {
    const said = say('alice', round < 40 ? 'summer' : 'autumn')
    visit(traffic, { port, said, sides: 'client' })
    traffic.silence(MINUTE_US)
  }
  expect(traffic.end().filter(({ family }) => family === 'bruteforce')).toEqual([])
}) // prettier-ignore

test('a gateway through which many people log in guesses nothing', () => {
  const traffic = new WatchedTraffic()
  for (const person of range(100)) {
    visit(traffic, { port: 143, said: imap(`user${person}`, `secret${person}`), sides: 'client' })
  }
  expect(traffic.end().filter(({ family }) => family === 'bruteforce')).toEqual([])
})

describe('a server that lets its clients wait until they give up', () => {
  const unanswered = (said: Said): Said => said.slice(0, -1)

  test.each(services.filter(([service]) => service !== 'http'))(
    'is guessed at by who says many passwords for one user over %s',
    (service, port, say) => {
      const traffic = new WatchedTraffic()
      for (const guess of range(20))
        visit(traffic, { port, said: unanswered(say('root', `guess${guess}`)) })
      expect(traffic.end()).toMatchObject([
        { kind: `bruteforce.${service}`, attacker: CLIENT, victims: [SERVER], count: 20 },
      ])
    },
  )

  test('is sprayed by who says one password for many users', () => {
    const traffic = new WatchedTraffic()
    for (const user of range(20))
      visit(traffic, { port: 143, said: unanswered(imap(`user${user}`, 'Summer24')) })
    expect(traffic.end()).toMatchObject([{ kind: 'bruteforce.spray', attacker: CLIENT, count: 20 }])
  })

  test('is not guessed at by a gateway whose people say a password each', () => {
    const traffic = new WatchedTraffic()
    for (const user of range(60))
      visit(traffic, { port: 143, said: unanswered(imap(`user${user}`, `secret${user}`)) })
    expect(traffic.end().filter(({ family }) => family === 'bruteforce')).toEqual([])
  })
})

describe('a web server of which the answers alone are captured', () => {
  const answers = (statuses: readonly string[], pauseUs: number): readonly Detection[] => {
    const traffic = new WatchedTraffic()
    for (const status of statuses) {
      visit(traffic, { port: 80, said: basic('root', 'x', status), sides: 'server' })
      traffic.silence(pauseUs)
    }
    return traffic.end().filter(({ family }) => family === 'bruteforce')
  }
  const refused = range(24).map(() => '401 Unauthorized')

  test('is guessed at by who is refused again and again, and does not wait', () => {
    expect(answers(refused, 300_000)).toMatchObject([
      { kind: 'bruteforce.http', severity: 5, attacker: CLIENT, victims: [SERVER], count: 24 },
    ])
  })

  test('is not where a program comes every so often, or is let in at the second try', () => {
    expect(answers(refused, 10_000_000)).toEqual([])
    const second = range(60).map((at) => (at % 2 === 0 ? '401 Unauthorized' : '200 OK'))
    expect(answers(second, 300_000)).toEqual([])
  })
})

test('Telnet of which the server alone is captured is guessed at by who is refused again and again', () => {
  const traffic = new WatchedTraffic()
  for (const guess of range(10)) {
    const refused: Said = [
      ['<', 'Password: '],
      ['>', `guess${guess}\r\n`],
      ['<', '\r\nLogin incorrect\r\n'],
      ['<', 'box login: '],
      ['>', 'root\r\n'],
      ['<', 'root\r\n'],
    ]
    const said: Said = [['<', '\xff\xfd\x18'], ['<', 'box login: '], ...refused, ...refused]
    visit(traffic, { port: 23, said, sides: 'server' })
  }
  expect(traffic.end()).toMatchObject([
    { kind: 'bruteforce.telnet', attacker: CLIENT, victims: [SERVER], count: 20 },
  ])
})
