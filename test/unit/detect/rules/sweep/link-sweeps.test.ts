import { describe, expect, test } from 'vitest'
import { icmp6, ipData } from '../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const SOURCE = 'fe80::9'

function solicit(traffic: WatchedTraffic, target: number, afterUs?: number): void {
  const group = `ff02::1:ff00:${target.toString(16)}`
  traffic.send(SOURCE, group, icmp6({ type: 135, payload: new Uint8Array(20) }), afterUs)
}

describe('sweeps of a link', () => {
  test('by neighbour solicitations are found', () => {
    const traffic = new WatchedTraffic()
    for (let target = 1; target <= 60; target += 1) solicit(traffic, target)
    expect(traffic.end()).toMatchObject([{ kind: 'sweep.nd', attacker: SOURCE, count: 60 }])
  })

  test('that a router is made to do are not its own', () => {
    const traffic = new WatchedTraffic()
    traffic.send(SOURCE, 'ff02::1', icmp6({ type: 134, payload: new Uint8Array(12) }))
    for (let target = 1; target <= 60; target += 1) solicit(traffic, target)
    expect(traffic.end()).toMatchObject([
      { kind: 'sweep.nd', attacker: null, victims: [SOURCE], severity: 4, count: 60 },
    ])
  })

  test('are not seen in a router that looks for its neighbours as packets come for them', () => {
    const traffic = new WatchedTraffic()
    traffic.send(SOURCE, 'ff02::1', icmp6({ type: 134, payload: new Uint8Array(12) }))
    for (let target = 1; target <= 60; target += 1) solicit(traffic, target, 2_000_000)
    expect(traffic.end()).toEqual([])
  })

  test('are not seen in a host that looks for its neighbours as it needs them', () => {
    const traffic = new WatchedTraffic()
    for (let target = 1; target <= 60; target += 1) solicit(traffic, target, 2_000_000)
    expect(traffic.end()).toEqual([])
  })

  test('are not seen in a monitor that then asks most of whom it looked for', () => {
    const traffic = new WatchedTraffic()
    for (let target = 1; target <= 60; target += 1) {
      solicit(traffic, target, 10_000)
      if (target % 3 === 0) continue
      const ports = { sourcePort: 40_000 + target, destinationPort: 9100 }
      traffic.conversation(SOURCE, `fe80::${target.toString(16)}`, ports, [200, -1000])
    }
    expect(traffic.end()).toEqual([])
  })

  test('by one ping to all nodes are notable, by several makes of ping an alert', () => {
    const traffic = new WatchedTraffic()
    const ping = (bytes: number): void => {
      const payload = new Uint8Array(bytes)
      traffic.send(SOURCE, 'ff02::1', icmp6({ type: 128, identifier: 7, payload }))
    }
    ping(8)
    expect(traffic.end()).toMatchObject([{ kind: 'sweep.multicast-echo', severity: 3 }])
    const other = new WatchedTraffic()
    const pingOther = (bytes: number): void => {
      const payload = new Uint8Array(bytes)
      other.send(SOURCE, 'ff02::1', icmp6({ type: 128, identifier: 7, payload }))
    }
    pingOther(8)
    pingOther(16)
    expect(other.end()).toMatchObject([{ kind: 'sweep.multicast-echo', severity: 4 }])
  })

  test('by SCTP are named as such', () => {
    const traffic = new WatchedTraffic()
    const init = new Uint8Array([0xc0, 0, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 20, ...new Uint8Array(16)]) // prettier-ignore
    for (let host = 1; host <= 40; host += 1) traffic.send('10.0.0.9', `10.0.1.${host}`, ipData(132, init)) // prettier-ignore
    expect(traffic.end()).toMatchObject([{ kind: 'sweep.sctp', attacker: '10.0.0.9' }])
  })
  test('by another IP protocol are named as such, tunnels at work are none', () => {
    const GRE = 47
    const knocks = new WatchedTraffic()
    const tunnels = new WatchedTraffic()
    for (let host = 1; host <= 40; host += 1) {
      knocks.send('10.0.0.9', `10.0.1.${host}`, ipData(GRE, new Uint8Array(4)))
      for (let packet = 0; packet < 8; packet += 1) {
        tunnels.send('10.0.0.9', `10.0.1.${host}`, ipData(GRE, new Uint8Array(64)))
      }
    }
    const [event] = knocks.end()
    expect(event).toMatchObject({ kind: 'sweep.ip', attacker: '10.0.0.9', port: null })
    expect(event!.summary).toContain('40 addresses tried by IP protocol gre')
    expect(tunnels.end()).toEqual([])
  })
})
