import { describe, expect, test } from 'vitest'
import {
  asRequest,
  ticketReply,
  type KerberosRequest,
} from '../../../../support/messages/windows-messages.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const AES_AND_RC4 = [18, 17, 23]
/** Windows XP's: RC4 first, Microsoft's own under negative numbers, DES. */
const OF_XP = [23, -133, -128, 3, 1, 24, -135]

let port = 40_000

/** Asks a domain controller; a TGS-REQ is an AS-REQ under another tag and number. */
function ask(traffic: WatchedTraffic, fields: KerberosRequest, isForService: boolean): void {
  port += 1
  const payload = asRequest(fields).slice()
  if (isForService) {
    payload[0] = 0x6c
    const type = payload.findIndex((byte, at) => byte === 0xa2 && payload[at + 4] === 10)
    payload[type + 4] = 12
  }
  traffic.udp('10.0.0.9', '10.0.0.1', { sourcePort: port, destinationPort: 88, payload })
}

/** The domain controller's answer to what was asked last. */
function reply(traffic: WatchedTraffic, tag: number): void {
  const payload = ticketReply(tag, 'anybody', 23)
  traffic.udp('10.0.0.1', '10.0.0.9', { sourcePort: 88, destinationPort: port, payload })
}

const told = (traffic: WatchedTraffic) => traffic.end().filter(({ family }) => family === 'lateral')

describe('tickets that are asked for to be cracked', () => {
  test.each([
    ['services', 'lateral.kerberoasting', true],
    ['accounts without proof of a password', 'lateral.as-rep-roasting', false],
  ] as const)('of %s are told', (_, kind, isForService) => {
    const traffic = new WatchedTraffic()
    for (const name of ['sql1', 'web1', 'mail1']) {
      ask(traffic, { client: name, service: ['HTTP', name], types: [23] }, isForService)
    }
    expect(told(traffic)).toMatchObject([
      { kind, severity: 6, attacker: '10.0.0.9', victims: ['10.0.0.1'] },
    ])
  })

  test.each([
    ['offers AES too, as every system does', AES_AND_RC4],
    ['is too old to know AES', OF_XP],
  ])('are not those of who %s', (_, types) => {
    const traffic = new WatchedTraffic()
    for (const name of ['sql1', 'web1', 'mail1']) {
      ask(traffic, { client: name, service: ['HTTP', name], types }, true)
      ask(traffic, { client: name, types }, false)
    }
    expect(told(traffic)).toEqual([])
  })

  test('are not logins with proof of the password', () => {
    const traffic = new WatchedTraffic()
    for (const client of ['a', 'b', 'c'])
      ask(traffic, { client, types: [23], hasProof: true }, false)
    expect(told(traffic)).toEqual([])
  })

  test('of one account are told once an answer comes that needed no proof', () => {
    const traffic = new WatchedTraffic()
    ask(traffic, { client: 'backup', types: [23] }, false)
    reply(traffic, 0x6b)
    expect(told(traffic)).toMatchObject([{ kind: 'lateral.as-rep-roasting', severity: 4 }])
  })

  test('are not those of an account whose password is handed in next', () => {
    const traffic = new WatchedTraffic()
    for (const client of ['a', 'b', 'c']) {
      ask(traffic, { client, types: [23] }, false)
      ask(traffic, { client, types: [23], hasProof: true }, false)
      reply(traffic, 0x6b)
    }
    expect(told(traffic)).toEqual([])
  })

  test('of services that run as a computer are nothing to be cracked', () => {
    const traffic = new WatchedTraffic()
    for (const name of ['cifs', 'ldap', 'host']) {
      ask(traffic, { service: [name, 'files.example.org'], types: [23] }, true)
    }
    expect(told(traffic)).toEqual([])
  })
})
