import { expect, test } from 'vitest'
import {
  MOST_AUTOMATIC,
  chooseAutomatic,
  type NetworkLink,
} from '../../../src/capture/automatic-interfaces.ts'

function link(name: string, changes: Partial<NetworkLink> = {}): NetworkLink {
  return {
    ...{ name, isUp: true, isLoopback: false, kind: null, isDevice: false, hasAddress: false },
    ...{ master: null, lowers: [], ...changes },
  }
}
const loopback = link('lo', { isLoopback: true, hasAddress: true })
const card = (name: string, changes: Partial<NetworkLink> = {}) =>
  link(name, { isDevice: true, ...changes })

/** What is taken, and what is not for which reason. */
function choices(...links: NetworkLink[]): Record<string, string | null> {
  const found = chooseAutomatic([loopback, ...links])
  return Object.fromEntries(found.map(({ name, leftOut }) => [name, leftOut]))
}

test('cards are taken, with an address or as a mirror port without; what is down is not', () => {
  expect(
    choices(card('eth0', { hasAddress: true }), card('eth1'), card('eth2', { isUp: false })),
  ).toEqual({
    ...{ eth0: null, eth1: null },
  })
})

test('of a host of containers the way out is taken, and not its inner bridges and their ports', () => {
  expect(
    choices(
      card('eth0', { hasAddress: true }),
      link('docker0', { kind: 'bridge', hasAddress: true, lowers: ['veth1a', 'veth2b'] }),
      link('veth1a', { master: 'docker0' }),
      link('veth2b', { master: 'docker0' }),
      link('cali0f3'),
    ),
  ).toEqual({
    eth0: null,
    docker0: 'a bridge within this host',
    veth1a: 'a port of docker0',
    veth2b: 'a port of docker0',
    cali0f3: 'a virtual interface without an address',
  })
})

test('of a bridge that a card is a port of the bridge is taken', () => {
  const bridge = link('br0', { kind: 'bridge', hasAddress: true, lowers: ['eth0', 'tap0'] })
  expect(choices(bridge, card('eth0', { master: 'br0' }), link('tap0', { master: 'br0' }))).toEqual(
    {
      ...{ br0: null, eth0: 'a port of br0', tap0: 'a port of br0' },
    },
  )
})

test('of a bond the bond is taken, and not its cards or the VLANs on it', () => {
  const bond = link('bond0', { kind: 'bond', lowers: ['eth0', 'eth1'] })
  const vlan = link('bond0.7', { kind: 'vlan', hasAddress: true, lowers: ['bond0'] })
  const cards = ['eth0', 'eth1'].map((name) => card(name, { master: 'bond0' }))
  expect(choices(bond, vlan, ...cards)).toEqual({
    ...{ bond0: null, 'bond0.7': 'carried by bond0' },
    ...{ eth0: 'a port of bond0', eth1: 'a port of bond0' },
  })
})

test('of a bridge over a VLAN the card is taken, which carries what leaves it', () => {
  const bridge = link('br7', { kind: 'bridge', hasAddress: true, lowers: ['eth0.7', 'tap0'] })
  const vlan = link('eth0.7', { kind: 'vlan', master: 'br7', lowers: ['eth0'] })
  expect(choices(card('eth0'), bridge, vlan, link('tap0', { master: 'br7' }))).toEqual({
    eth0: null,
    br7: 'a bridge within this host',
    'eth0.7': 'a port of br7',
    tap0: 'a port of br7',
  })
})

test('a virtual function below a synthetic card of a cloud is not captured beside it', () => {
  expect(choices(card('eth0', { hasAddress: true }), card('enP1s0', { master: 'eth0' }))).toEqual({
    ...{ eth0: null, enP1s0: 'a port of eth0' },
  })
})

test('tunnels show what the card below carries sealed, and are taken; so is the card of a VRF', () => {
  expect(
    choices(
      card('eth0', { hasAddress: true, master: 'blue' }),
      link('blue', { kind: 'vrf', hasAddress: true }),
      link('wg0', { kind: 'wireguard', hasAddress: true }),
      link('tun0', { hasAddress: true }),
    ),
  ).toEqual({
    ...{ eth0: null, wg0: null, tun0: null },
    blue: 'a VRF, whose interfaces are looked at themselves',
  })
})

test('within a container the end of its cable is taken', () => {
  expect(choices(link('eth0', { hasAddress: true }))).toEqual({ eth0: null })
})

test('where nothing would be left, all are taken', () => {
  const bridge = link('br0', { kind: 'bridge', hasAddress: true, lowers: ['tap0'] })
  expect(choices(bridge, link('tap0', { master: 'br0' }))).toEqual({ br0: null, tap0: null })
})

test('a dial-in server is not given a sensor a caller: its card comes first', () => {
  const callers = Array.from({ length: 500 }, (_, index) =>
    link(`ppp${index}`, { hasAddress: true }),
  )
  const found = choices(...callers, card('eth0', { hasAddress: true }))
  const taken = Object.keys(found).filter((name) => found[name] === null)
  expect(taken).toHaveLength(MOST_AUTOMATIC)
  expect(taken).toContain('eth0')
  expect(found['ppp400']).toBe('beyond the 8 that auto takes')
})

test('the cards of a team are captured by the team, those of an Open vSwitch themselves', () => {
  const team = link('team0', { hasAddress: true })
  expect(choices(team, card('eth0', { master: 'team0' }))).toEqual({
    ...{ team0: null, eth0: 'a port of team0' },
  })
  const datapath = link('ovs-system', { isUp: false })
  expect(choices(datapath, card('eth0', { master: 'ovs-system' }))).toEqual({ eth0: null })
})
