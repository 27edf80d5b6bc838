import { describe, expect, test } from 'vitest'
import { visit, type Visit } from '../../../../support/messages/logins.ts'
import { mysqlLogin, mysqlPacket } from '../../../../support/messages/application-samples.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const CLIENT = '192.0.2.7'
const SERVER = '10.0.0.5'
const MINUTE_US = 60_000_000

type Said = Visit['said']

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function ftp(user: string, password: string, answer: string): Said {
  return [
    ['<', '220 (vsFTPd 3.0.3)\r\n'],
    ['>', `USER ${user}\r\n`],
    ['<', '331 password\r\n'],
    ['>', `PASS ${password}\r\n`],
    ['<', `${answer}\r\n`],
  ]
}
const WRONG = '530 Login incorrect.'
const RIGHT = '230 Logged in.'

function imap(user: string, password: string, answer: string): Said {
  return [
    ['<', '* OK ready\r\n'],
    ['>', `a1 LOGIN ${user} ${password}\r\n`],
    ['<', `a1 ${answer}\r\n`],
  ]
}

function smtp(user: string, password: string): Said {
  const token = Buffer.from(`\0${user}\0${password}`).toString('base64')
  return [
    ['<', '220 mail ESMTP\r\n'],
    ['>', 'EHLO x\r\n'],
    ['<', '250 AUTH PLAIN\r\n'],
    ['>', `AUTH PLAIN ${token}\r\n`],
    ['<', '535 5.7.8 failed\r\n'],
  ]
}

function basic(user: string, password: string, status: string): Said {
  const token = Buffer.from(`${user}:${password}`).toString('base64')
  return [
    ['>', `GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic ${token}\r\n\r\n`],
    ['<', `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`],
  ]
}

/** A CONNECT of version 3.1.1 or 5, with a will between client and user where it is asked for. */
function mqtt(password: string, version: 4 | 5, hasWill = false): Said {
  const text = (content: string): string => `\0${String.fromCharCode(content.length)}${content}`
  const properties = version === 5 ? '\0' : ''
  const will = hasWill ? `${properties}${text('state')}${text('gone')}` : ''
  const flags = String.fromCharCode(0xc0 + (hasWill ? 4 : 0))
  const body = `${text('MQTT')}${String.fromCharCode(version)}${flags}\0\x3c${properties}${text('c1')}${will}${text('admin')}${text(password)}`
  const refusal = version === 5 ? '\x20\x03\0\x86\0' : '\x20\x02\0\x05'
  return [
    ['>', Buffer.from(`\x10${String.fromCharCode(body.length)}${body}`, 'latin1')],
    ['<', Buffer.from(refusal, 'latin1')],
  ]
}

function rtsp(password: string): Said {
  const token = Buffer.from(`admin:${password}`).toString('base64')
  return [
    ['>', `DESCRIBE rtsp://cam/1 RTSP/1.0\r\nCSeq: 2\r\nAuthorization: Basic ${token}\r\n\r\n`],
    ['<', 'RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\n\r\n'],
  ]
}

function vnc(result: number): Said {
  return [
    ['<', 'RFB 003.008\n'],
    ['>', 'RFB 003.008\n'],
    ['<', new Uint8Array([1, 2])],
    ['>', new Uint8Array([2])],
    ['<', new Uint8Array(16).fill(7)],
    ['>', new Uint8Array(16).fill(9)],
    ['<', new Uint8Array([0, 0, 0, result])],
  ]
}

const mysql: Said = [
  ['<', mysqlPacket(0, new Uint8Array([10, ...Buffer.from('5.7.1\0'), ...new Uint8Array(40)]))],
  ['>', mysqlLogin('root')],
  ['<', mysqlPacket(2, new Uint8Array([0xff, 0x15, 0x04, ...Buffer.from('#28000Access denied')]))],
]

describe('password guessing', () => {
  test.each<[string, number, (guess: number) => Said]>([
    ['ftp', 21, (guess) => ftp('root', `guess${guess}`, WRONG)],
    ['ftp', 2121, (guess) => ftp('root', `guess${guess}`, WRONG)],
    ['imap', 143, (guess) => imap('bob', `guess${guess}`, 'NO failed')],
    ['smtp', 587, (guess) => smtp('bob', `guess${guess}`)],
    ['http', 8080, (guess) => basic('admin', `guess${guess}`, '401 Unauthorized')],
    ['mqtt', 1883, (guess) => mqtt(`guess${guess}`, 4)],
    ['mqtt', 1884, (guess) => mqtt(`guess${guess}`, 5, true)],
    ['rtsp', 554, (guess) => rtsp(`guess${guess}`)],
    ['winrm', 5985, (guess) => basic('admin', `guess${guess}`, '401 Unauthorized')],
  ])('over %s on port %i is one event that names the client', (service, port, said) => {
    const traffic = new WatchedTraffic()
    for (const guess of range(40)) visit(traffic, { port, said: said(guess) })
    expect(traffic.end()).toMatchObject([
      {
        detector: 'login-bruteforce',
        kind: `bruteforce.${service}`,
        severity: 6,
        attacker: CLIENT,
        victims: [SERVER],
        count: 40,
        isFinal: true,
      },
    ])
  })

  test('in haste is told by eight guesses, and of a user who thinks in between by twelve', () => {
    const told = (pauseUs: number, count: number): unknown[] => {
      const traffic = new WatchedTraffic()
      for (const guess of range(count)) {
        visit(traffic, { port: 143, said: imap('bob', `guess${guess}`, 'NO failed') })
        traffic.silence(pauseUs)
      }
      return traffic.end().map(({ kind }) => kind)
    }
    expect(told(2_000_000, 8)).toEqual(['bruteforce.imap'])
    expect(told(2_000_000, 7)).toEqual([])
    expect(told(8_000_000, 11)).toEqual([])
  })

  test('in haste is none where one of many users was let in in between', () => {
    const traffic = new WatchedTraffic()
    for (const guess of range(8)) {
      visit(traffic, { port: 143, said: imap('bob', `guess${guess}`, 'NO failed') })
      if (guess % 3 === 2) visit(traffic, { port: 143, said: imap('eve', 'right', 'OK logged in') })
    }
    expect(traffic.end()).toEqual([])
  })

  test.each<[string, number, Said]>([
    ['vnc', 5901, vnc(1)],
    ['mysql', 3306, mysql],
  ])(
    'over %s, whose passwords are hidden, is told by twelve refusals in a row',
    (service, port, said) => {
      for (const [count, kinds] of [
        [12, [`bruteforce.${service}`]],
        [10, []],
      ] as const) {
        const traffic = new WatchedTraffic()
        for (let left = count; left > 0; left -= 1) visit(traffic, { port, said })
        expect(traffic.end().map(({ kind }) => kind)).toEqual(kinds)
      }
    },
  )

  test.each<[string, number, Said]>([
    ['vnc', 5901, vnc(1)],
    ['mysql', 3306, mysql],
  ])('over %s, whose passwords are hidden, is told by its haste', (service, port, said) => {
    const traffic = new WatchedTraffic()
    for (let left = 40; left > 0; left -= 1) visit(traffic, { port, said })
    expect(traffic.end()).toMatchObject([
      { kind: `bruteforce.${service}`, severity: 5, attacker: CLIENT },
    ])
  })

  test('over IPv6, minutes apart, is found', () => {
    const traffic = new WatchedTraffic()
    for (const guess of range(16)) {
      const said = ftp('root', `guess${guess}`, WRONG)
      visit(traffic, { client: 'fd00::7', server: 'fd00::5', port: 21, said })
      traffic.silence(10 * MINUTE_US)
    }
    expect(traffic.end()).toMatchObject([{ attacker: 'fd00::7', victims: ['fd00::5'] }])
  })

  test.each(['client', 'server'] as const)('of which only the %s is seen', (sides) => {
    const traffic = new WatchedTraffic()
    for (const guess of range(40)) {
      visit(traffic, { port: 21, said: ftp('root', `guess${guess}`, WRONG), sides })
    }
    const events = traffic.end().filter(({ family }) => family === 'bruteforce')
    // Without the server's answers nobody knows what was refused; but nobody has forty passwords.
    expect(events).toMatchObject([{ attacker: CLIENT, victims: [SERVER], severity: 5 }])
  })

  test('that hits upon the password wakes somebody up', () => {
    const traffic = new WatchedTraffic()
    for (const guess of range(20)) {
      visit(traffic, { port: 21, said: ftp('root', `guess${guess}`, WRONG) })
    }
    visit(traffic, { port: 21, said: ftp('root', 'right', RIGHT) })
    const [event] = traffic.end()
    expect(event).toMatchObject({ severity: 9, mitre: ['T1110.001', 'T1078'] })
    expect(event!.summary).toContain('then 1 login succeeded as root')
  })

  test('does not turn a bystander behind the same address into a conquest', () => {
    const traffic = new WatchedTraffic()
    for (const guess of range(20)) {
      visit(traffic, { port: 21, said: ftp('root', `guess${guess}`, WRONG) })
    }
    visit(traffic, { port: 21, said: ftp('bystander', 'known', RIGHT) })
    expect(traffic.end()).toMatchObject([{ severity: 6 }])
  })

  test('of one password for many users is called spraying', () => {
    const traffic = new WatchedTraffic()
    for (const user of range(20)) {
      visit(traffic, { port: 143, said: imap(`user${user}`, 'Summer2024', 'NO failed') })
    }
    expect(traffic.end()).toMatchObject([
      { kind: 'bruteforce.spray', mitre: ['T1110.003'], attacker: CLIENT, severity: 6 },
    ])
  })

  test('at many servers, a few tries each, is one event that names them', () => {
    const traffic = new WatchedTraffic()
    for (const host of range(10)) {
      for (const guess of range(2)) {
        const said = ftp('root', `guess${host * 2 + guess}`, WRONG)
        visit(traffic, { server: `10.0.1.${host}`, port: 21, said })
      }
    }
    const [event, ...others] = traffic.end().filter(({ family }) => family === 'bruteforce')
    expect(others).toEqual([])
    expect(event!.victims).toHaveLength(10)
  })

  test('shared out among many clients names the victim alone', () => {
    const traffic = new WatchedTraffic()
    for (const host of range(30)) {
      for (const guess of range(3)) {
        const said = ftp('root', `guess${host * 3 + guess}`, WRONG)
        visit(traffic, { client: `198.51.100.${host}`, port: 21, said })
      }
      traffic.wait(MINUTE_US)
    }
    const [event, ...others] = traffic.end()
    expect(others).toEqual([])
    expect(event).toMatchObject({ kind: 'bruteforce.ftp', attacker: null, victims: [SERVER] })
    expect(event!.reasons).toContainEqual(expect.objectContaining({ feature: 'topClients' }))
  })
})

describe('the login detector keeps quiet about', () => {
  test('clients that log in, or that fail now and then', () => {
    const traffic = new WatchedTraffic()
    for (const index of range(60)) {
      const answer = index % 4 === 0 ? WRONG : RIGHT
      visit(traffic, { port: 21, said: ftp('root', `p${index}`, answer) })
    }
    expect(traffic.end()).toEqual([])
  })

  test('somebody who mistypes thrice', () => {
    const traffic = new WatchedTraffic()
    for (const day of range(10)) {
      for (const typo of range(3)) {
        visit(traffic, { port: 143, said: imap('bob', `typo${day}${typo}`, 'NO failed') })
      }
      visit(traffic, { port: 143, said: imap('bob', 'right', 'OK') })
    }
    expect(traffic.end()).toEqual([])
  })

  test('a mail program with an old password, but for a note', () => {
    const traffic = new WatchedTraffic()
    for (let left = 60; left > 0; left -= 1) {
      visit(traffic, { port: 143, said: imap('bob', 'old', 'NO failed') })
      traffic.silence(5 * MINUTE_US)
    }
    const events = traffic.end()
    expect(events.length).toBeGreaterThan(0)
    for (const event of events) {
      expect(event).toMatchObject({ kind: 'policy.stale-password', attacker: null, host: CLIENT })
      expect(event.severity).toBeLessThan(4)
    }
  })

  test('a broken program whose password is hidden, and that waits ten seconds', () => {
    const traffic = new WatchedTraffic()
    for (let left = 200; left > 0; left -= 1) {
      visit(traffic, { port: 3306, said: mysql })
      traffic.wait(10_000_000)
    }
    for (const event of traffic.end()) expect(event.severity).toBeLessThan(4)
  })

  test('many people behind one address, some of whom mistype', () => {
    const traffic = new WatchedTraffic()
    for (const user of range(200)) {
      if (user % 5 === 0) {
        visit(traffic, { port: 143, said: imap(`user${user}`, 'typo', 'NO failed') })
      }
      visit(traffic, { port: 143, said: imap(`user${user}`, `right${user}`, 'OK') })
    }
    expect(traffic.end()).toEqual([])
  })

  test('a browser whose old credentials are refused for every picture of a page', () => {
    const traffic = new WatchedTraffic()
    for (let left = 100; left > 0; left -= 1) {
      visit(traffic, { port: 80, said: basic('bob', 'old', '401 Unauthorized') })
    }
    for (const event of traffic.end()) expect(event.severity).toBeLessThan(4)
  })

  test('a thousand clients that fail once and then log in', () => {
    const traffic = new WatchedTraffic()
    for (const host of range(300)) {
      const client = `198.51.${host >> 8}.${host & 255}`
      visit(traffic, { client, port: 21, said: ftp(`user${host}`, 'typo', WRONG) })
      visit(traffic, { client, port: 21, said: ftp(`user${host}`, 'right', RIGHT) })
    }
    expect(traffic.end()).toEqual([])
  })
})

describe('a few guesses', () => {
  const guessed = (passwords: readonly string[]): unknown[] => {
    const traffic = new WatchedTraffic()
    for (const password of passwords)
      visit(traffic, { port: 21, said: ftp('root', password, WRONG) })
    return traffic.end().filter(({ family }) => family === 'bruteforce')
  }

  test('are told where they are what bots know from the factories of devices', () => {
    expect(guessed(['vizxv', 'admin', 'xc3511', 'juantech', '1234'])).toMatchObject([
      { kind: 'bruteforce.ftp', attacker: CLIENT, victims: [SERVER], count: 5 },
    ])
  })

  test('are not where a person may think of them', () => {
    expect(guessed(['summer', 'admin', 'autumn', 'vizxv', '1234'])).toEqual([])
  })
})
