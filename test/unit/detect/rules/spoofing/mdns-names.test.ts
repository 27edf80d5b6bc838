import { describe, expect, test } from 'vitest'
import { dnsAddress, dnsMessage } from '../../../../support/messages/dns-messages.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const GROUP = '224.0.0.251'
const ASKER = '10.0.0.2'
const ANSWERER = '10.0.0.66'
const ports = { sourcePort: 5353, destinationPort: 5353 }

function ask(traffic: WatchedTraffic, name: string, address: string): void {
  const question = dnsMessage({ id: 0, flags: 0, labels: [name, 'local'] })
  traffic.udp(ASKER, GROUP, { ...ports, payload: question })
  const payload = dnsMessage({ id: 0, flags: 0x8400, labels: [name, 'local'], answers: [dnsAddress(address)] }) // prettier-ignore
  traffic.udp(ANSWERER, GROUP, { ...ports, payload }, 3_000_000)
}

const namesIn = (traffic: WatchedTraffic) =>
  traffic.end().filter(({ kind }) => kind === 'spoofing.names')

describe('a host that answers everybody over mDNS', () => {
  test('is told by the number of names that it says are its own', () => {
    const traffic = new WatchedTraffic()
    for (const name of ['files', 'prnt', 'intranett', 'dc-01x', 'sql', 'filesrv', 'mail']) {
      ask(traffic, name, ANSWERER)
    }
    expect(namesIn(traffic)).toMatchObject([{ severity: 7, attacker: ANSWERER, victims: [ASKER] }])
  })

  test('is not one with some aliases, nor one that repeats what others said', () => {
    const traffic = new WatchedTraffic()
    for (const name of ['nas', 'photos', 'music', 'wiki']) ask(traffic, name, ANSWERER)
    for (let other = 0; other < 12; other += 1) ask(traffic, `host${other}`, `10.0.0.${100 + other}`) // prettier-ignore
    expect(namesIn(traffic)).toEqual([])
  })
})
