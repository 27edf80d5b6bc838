import { describe, expect, test } from 'vitest'
import { dhcpMessage, dhcpOption } from '../../../../support/messages/application-samples.ts'
import { addressBytes } from '../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

interface Server {
  readonly id: string
  readonly router: string
  readonly resolver: string
  readonly given?: string
  readonly routes?: readonly number[]
}

const TRUE_SERVER: Server = { id: '10.0.0.1', router: '10.0.0.1', resolver: '10.0.0.53' }
const ROGUE: Server = { id: '10.0.0.66', router: '10.0.0.66', resolver: '10.0.0.66' }
const OFFER = 2
const ACK = 5

function offers(traffic: WatchedTraffic, server: Server, message = OFFER): void {
  const options = [
    dhcpOption(54, addressBytes(server.id)),
    dhcpOption(3, addressBytes(server.router)),
    ...(server.routes === undefined ? [] : [dhcpOption(121, new Uint8Array(server.routes))]),
    dhcpOption(6, addressBytes(server.resolver)),
  ]
  const payload = dhcpMessage(message, options)
  payload.set([2], 0)
  payload.set(addressBytes(server.given ?? '10.0.0.150'), 16)
  const ports = { sourcePort: 67, destinationPort: 68 }
  traffic.udp(server.id, '255.255.255.255', { ...ports, payload })
}

describe('a second DHCP server', () => {
  test('that gives the way to half of the world beside the true router is told', () => {
    const traffic = new WatchedTraffic()
    offers(traffic, TRUE_SERVER, ACK)
    traffic.silence(60_000_000)
    offers(traffic, TRUE_SERVER)
    offers(traffic, { ...ROGUE, router: TRUE_SERVER.router, routes: [1, 0, 10, 0, 0, 66] })
    expect(traffic.end()).toMatchObject([
      { kind: 'spoofing.dhcp', severity: 5, attacker: ROGUE.id },
    ])
  })

  test('that gives a way to a network of its own beside the true router is not', () => {
    const traffic = new WatchedTraffic()
    offers(traffic, TRUE_SERVER)
    const both = { router: TRUE_SERVER.router, resolver: TRUE_SERVER.resolver }
    offers(traffic, { ...ROGUE, ...both, routes: [16, 10, 9, 10, 0, 0, 66] })
    expect(traffic.end()).toEqual([])
  })

  test('that names itself as the router is told, and is the one that was not there before', () => {
    const traffic = new WatchedTraffic()
    offers(traffic, TRUE_SERVER)
    offers(traffic, TRUE_SERVER, ACK)
    traffic.silence(60_000_000)
    offers(traffic, TRUE_SERVER)
    offers(traffic, ROGUE)
    expect(traffic.end()).toMatchObject([
      {
        kind: 'spoofing.dhcp',
        severity: 5,
        attacker: '10.0.0.66',
        victims: ['10.0.0.150'],
        mitre: ['T1557.003'],
      },
    ])
  })

  test('that gives its lease before the slower true one has offered is not taken for the true one', () => {
    const traffic = new WatchedTraffic()
    offers(traffic, ROGUE)
    offers(traffic, ROGUE, ACK)
    offers(traffic, TRUE_SERVER)
    expect(traffic.end()).toMatchObject([{ kind: 'spoofing.dhcp', severity: 5, attacker: null }])
  })

  test('that cannot be told from the first is not named', () => {
    const traffic = new WatchedTraffic()
    offers(traffic, ROGUE)
    offers(traffic, TRUE_SERVER)
    expect(traffic.end()).toMatchObject([{ kind: 'spoofing.dhcp', attacker: null }])
  })

  test('under the name of the first is told the louder', () => {
    const traffic = new WatchedTraffic()
    offers(traffic, TRUE_SERVER)
    offers(traffic, { ...TRUE_SERVER, router: '10.0.0.66' })
    expect(traffic.end()).toMatchObject([{ kind: 'spoofing.dhcp', severity: 6, attacker: null }])
  })

  test('is nothing where the two say the same, or the client has moved to another network', () => {
    const traffic = new WatchedTraffic()
    offers(traffic, TRUE_SERVER)
    offers(traffic, { ...TRUE_SERVER, id: '10.0.0.2', given: '10.0.0.160' })
    traffic.silence(60_000_000)
    offers(traffic, { id: '192.168.1.1', router: '192.168.1.1', resolver: '192.168.1.1' })
    // A PXE service gives no address.
    offers(traffic, { ...ROGUE, given: '0.0.0.0' })
    expect(traffic.end()).toEqual([])
  })
})
