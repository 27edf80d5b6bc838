import { describe, expect, test } from 'vitest'
import { ber, berInteger, berSequence, berText } from '../../../../support/messages/ber-builder.ts'
import { visit, type Visit } from '../../../../support/messages/logins.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const CLIENT = '192.0.2.7'
const SERVER = '10.0.0.5'

type Said = Visit['said']

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

const nntp = (password: string): Said => [
  ['<', '200 news.example.org ready\r\n'],
  ['>', 'AUTHINFO USER joe\r\n'],
  ['<', '381 more\r\n'],
  ['>', `AUTHINFO PASS ${password}\r\n`],
  ['<', '481 Authentication rejected\r\n'],
]

const rlogin = (password: string): Said => [
  ['>', '\0joe\0root\0vt100/9600\0'],
  ['<', '\0Password: '],
  ['>', `${password}\r`],
  ['<', '\r\nLogin incorrect\r\nlogin: '],
]

const irc = (password: string): Said => [
  ['>', `PASS ${password}\r\n`],
  ['>', 'NICK joe\r\n'],
  ['<', ':irc 464 joe :Password incorrect\r\n'],
]

const xmpp = (password: string): Said => [
  ['>', '<?xml version="1.0"?><stream:stream to="example.org" xmlns="jabber:client">'],
  ['<', '<stream:features><mechanisms><mechanism>PLAIN</mechanism></mechanisms></stream:features>'],
  ['>', `<auth mechanism="PLAIN">${Buffer.from(`\0joe\0${password}`).toString('base64')}</auth>`],
  ['<', '<failure><not-authorized/></failure>'],
]

const rsync = (answer: string): Said => [
  ['<', '@RSYNCD: 31.0\n'],
  ['>', '@RSYNCD: 31.0\nbackup\n'],
  ['<', `@RSYNCD: AUTHREQD ${answer}challenge\n`],
  ['>', `admin ${answer}\n`],
  ['<', '@ERROR: auth failed on module backup\n'],
]

const socks = (password: string, answer = 1): Said => [
  ['>', '\x05\x01\x02'],
  ['<', '\x05\x02'],
  ['>', `\x01\x03joe${String.fromCharCode(password.length)}${password}`],
  ['<', `\x01${String.fromCharCode(answer)}`],
]

describe('guessing in a protocol that is not known', () => {
  test.each([
    ['NNTP', 119, nntp],
    ['IRC', 6667, irc],
    ['XMPP', 5222, xmpp],
    ['SOCKS', 1080, socks],
  ] as const)('is told of %s, whose passwords can be read', (_, port, said) => {
    const traffic = new WatchedTraffic()
    for (const word of range(30)) visit(traffic, { port, said: said(`secret${word}`) })
    expect(traffic.end()).toContainEqual(
      expect.objectContaining({ kind: 'bruteforce.other', severity: 6, attacker: CLIENT, victims: [SERVER], port }),
    ) // prettier-ignore
  })

  test('is told of rsync, which hides them, by its haste', () => {
    const traffic = new WatchedTraffic()
    for (const word of range(30)) visit(traffic, { port: 873, said: rsync(`answer${word}`) })
    expect(traffic.end()).toContainEqual(
      expect.objectContaining({ kind: 'bruteforce.other', severity: 5, attacker: CLIENT }),
    )
  })

  test('is told of NNTP over few connections, each of which takes several guesses', () => {
    const traffic = new WatchedTraffic()
    for (const visited of range(5)) {
      const tries = range(4).flatMap((word) => nntp(`secret${visited}${word}`).slice(1))
      visit(traffic, { port: 119, said: [['<', '200 news.example.org ready\r\n'], ...tries] })
    }
    expect(traffic.end()).toContainEqual(
      expect.objectContaining({ kind: 'bruteforce.other', severity: 6, attacker: CLIENT }),
    )
  })

  test('is told of a console that asks for a password in words of its own', () => {
    const traffic = new WatchedTraffic()
    for (const word of range(14)) visit(traffic, { port: 513, said: rlogin(`secret${word}`) })
    expect(traffic.end()).toContainEqual(
      expect.objectContaining({ kind: 'bruteforce.other', severity: 6, attacker: CLIENT }),
    )
  })

  test('is not a program that says its old password again and again', () => {
    const traffic = new WatchedTraffic()
    for (let left = 60; left > 0; left -= 1) visit(traffic, { port: 1080, said: socks('old') })
    for (let left = 60; left > 0; left -= 1) visit(traffic, { port: 119, said: nntp('old') })
    for (const event of traffic.end()) expect(event.severity).toBeLessThan(4)
  })

  test('is not a proxy that lets its clients in', () => {
    const traffic = new WatchedTraffic()
    for (const word of range(60)) visit(traffic, { port: 1080, said: socks(`mine${word}`, 0) })
    for (const event of traffic.end()) expect(event.severity).toBeLessThan(4)
  })

  test('is not a collector to whom clients report the failed logins of others', () => {
    const traffic = new WatchedTraffic()
    for (const word of range(60)) {
      const said: Said = [
        ['>', `<86>sshd: authentication failed for user${word}\n`],
        ['<', 'OK\n'],
      ]
      visit(traffic, { port: 1514, said })
    }
    for (const event of traffic.end()) expect(event.severity).toBeLessThan(4)
  })
})

/** What an agent reports of a user: with 3 that it knows none, with 5 that the digest is wrong. */
function report(user: string, counter: 3 | 5): Uint8Array {
  const security = berSequence(berText('engine'), berInteger(1), berInteger(1), berText(user), berText(''), berText('')) // prettier-ignore
  const oid = ber(0x06, `\x2b\x06\x01\x06\x03\x0f\x01\x01${String.fromCharCode(counter)}\0`)
  const bindings = berSequence(berSequence(oid, berInteger(1, 0x41)))
  const pdu = ber(0xa8, berInteger(1), berInteger(0), berInteger(0), bindings)
  const header = berSequence(berInteger(1), berInteger(1), berText('\0'), berInteger(3))
  return berSequence(berInteger(3), header, berText(security), berSequence(berText('engine'), berText(''), pdu)) // prettier-ignore
}

let nextPort = 30_000

function refuse(traffic: WatchedTraffic, agent: string, user: string, counter: 3 | 5): void {
  nextPort += 1
  const sourcePort = nextPort
  const question = berSequence(berInteger(3), berSequence(berInteger(1)))
  traffic.udp(CLIENT, agent, { sourcePort, destinationPort: 161, payload: question })
  const back = { sourcePort: 161, destinationPort: sourcePort }
  traffic.udp(agent, CLIENT, { ...back, payload: report(user, counter) })
}

describe('users of SNMP 3', () => {
  test('whose password is guessed in haste are told', () => {
    const traffic = new WatchedTraffic()
    for (let left = 30; left > 0; left -= 1) refuse(traffic, SERVER, 'operator', 5)
    expect(traffic.end()).toContainEqual(
      expect.objectContaining({ kind: 'bruteforce.snmp', severity: 5, attacker: CLIENT }),
    )
  })

  test('guessed one after the other are told', () => {
    const traffic = new WatchedTraffic()
    for (const word of range(30)) refuse(traffic, SERVER, `user${word}`, 3)
    expect(traffic.end()).toContainEqual(
      expect.objectContaining({ family: 'bruteforce', severity: 6, attacker: CLIENT }),
    )
  })

  test('whose manager asks all its agents with an old password are none', () => {
    const traffic = new WatchedTraffic()
    for (const host of range(100)) refuse(traffic, `10.0.1.${host + 1}`, 'operator', 5)
    for (const event of traffic.end()) expect(event.severity).toBeLessThan(4)
  })
})
