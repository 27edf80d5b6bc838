import { describe, expect, test } from 'vitest'
import {
  advertise,
  advertiseRouter,
  neighbourMessage,
  solicit,
  type Card,
} from '../../../../support/packets/link-traffic.ts'
import { addressBytes, concat } from '../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const ROUTER: Card = { mac: '00:11:22:00:00:01', address: 'fe80::1' }
const VICTIM: Card = { mac: '00:33:44:00:00:02', address: 'fd00::2' }
const THIEF: Card = { mac: '00:55:66:00:00:03', address: 'fd00::3' }
const SECOND = 1_000_000

describe('IPv6 neighbour spoofing', () => {
  test('by announcing the address of another again and again is told, with the address of who does it', () => {
    const traffic = new WatchedTraffic()
    solicit(traffic, THIEF, 'fd00::9')
    for (let round = 0; round < 10; round += 1) {
      solicit(traffic, VICTIM, ROUTER.address)
      advertise(traffic, ROUTER, ROUTER.address, VICTIM.address)
      advertise(traffic, THIEF, VICTIM.address)
      traffic.wait(5 * SECOND)
    }
    expect(traffic.end()).toMatchObject([
      { kind: 'spoofing.neighbour', severity: 6, attacker: 'fd00::3', victims: ['fd00::2'] },
    ])
  })

  test('by telling one host, which is not heard, the same each second and never that it asked, is told', () => {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 8; round += 1) {
      advertise(traffic, { mac: THIEF.mac, address: 'fd00::9' }, 'fd00::9', VICTIM.address)
      traffic.wait(SECOND)
    }
    expect(traffic.end()).toMatchObject([
      { kind: 'spoofing.neighbour', severity: 4, victims: ['fd00::9', 'fd00::2'] },
    ])
  })

  test('by answering beside the bearers of several addresses is told (parasite6)', () => {
    const traffic = new WatchedTraffic()
    solicit(traffic, THIEF, 'fd00::9')
    const bearer: Card = { mac: '00:77:88:00:00:04', address: 'fd00::4' }
    for (let round = 0; round < 3; round += 1) {
      for (const card of [ROUTER, bearer]) {
        solicit(traffic, VICTIM, card.address)
        advertise(traffic, card, card.address, VICTIM.address)
        advertise(traffic, THIEF, card.address, VICTIM.address)
      }
    }
    expect(traffic.end()).toMatchObject([
      { kind: 'spoofing.neighbour', severity: 6, attacker: 'fd00::3' },
    ])
  })

  test('by refusing every new address is told, though each refusal has another MAC (dos-new-ip6)', () => {
    const traffic = new WatchedTraffic()
    const denied = ['fd00::a1', 'fd00::a2', 'fe80::a3']
    for (const [index, address] of denied.entries()) {
      solicit(traffic, { ...VICTIM, address: '::' }, address)
      advertise(traffic, { mac: `00:55:66:00:01:0${index}`, address }, address)
    }
    expect(traffic.end()).toMatchObject([
      { kind: 'spoofing.neighbour.denial', severity: 6, attacker: null, victims: denied },
    ])
  })

  test('is not seen where a host answers for the address made of its card, and the question was not captured', () => {
    const traffic = new WatchedTraffic()
    const host: Card = { mac: '00:33:44:00:00:02', address: 'fd00::2' }
    for (let round = 0; round < 4; round += 1) {
      solicit(traffic, ROUTER, 'fd00::9')
      solicit(traffic, host, 'fd00::9')
      advertise(traffic, host, 'fe80::233:44ff:fe00:2', ROUTER.address)
      traffic.wait(5 * SECOND)
    }
    expect(traffic.end()).toEqual([])
  })

  test('is not seen where hosts come, announce themselves, and are asked for', () => {
    const traffic = new WatchedTraffic()
    for (let host = 16; host < 80; host += 1) {
      const card: Card = { mac: `00:33:44:00:01:${host}`, address: `fd00::${host}` }
      solicit(traffic, { ...card, address: '::' }, card.address)
      traffic.wait(SECOND)
      advertise(traffic, card, card.address)
      solicit(traffic, card, ROUTER.address)
      advertise(traffic, ROUTER, ROUTER.address, card.address)
    }
    // One address is really taken.
    solicit(traffic, { ...THIEF, address: '::' }, VICTIM.address)
    advertise(traffic, VICTIM, VICTIM.address)
    expect(traffic.end()).toEqual([])
  })
})

describe('a false router', () => {
  const offer = { lifetime: 1800, prefix: 'fd00::' }

  test('that ends the service of the true one in its name is told', () => {
    const traffic = new WatchedTraffic()
    solicit(traffic, THIEF, 'fd00::9')
    for (let round = 0; round < 4; round += 1) {
      advertiseRouter(traffic, ROUTER, offer)
      advertiseRouter(traffic, { ...ROUTER, mac: THIEF.mac }, { ...offer, lifetime: 0 })
      traffic.wait(5 * SECOND)
    }
    expect(traffic.end()).toMatchObject([
      {
        kind: 'spoofing.router-advertisement',
        severity: 6,
        attacker: 'fd00::3',
        victims: ['fe80::1'],
      },
    ])
  })

  test('that pushes itself before the true one is told', () => {
    const traffic = new WatchedTraffic()
    const rogue: Card = { mac: THIEF.mac, address: 'fe80::bad' }
    for (let round = 0; round < 4; round += 1) {
      advertiseRouter(traffic, ROUTER, offer)
      advertiseRouter(traffic, rogue, { ...offer, prefix: 'fd66::', isPreferred: true })
      traffic.wait(5 * SECOND)
    }
    expect(traffic.end()).toMatchObject([
      { kind: 'spoofing.router-advertisement', severity: 5, attacker: 'fe80::bad' },
    ])
  })

  test('is none of: a second router, a border router without service, one that restarts', () => {
    const traffic = new WatchedTraffic()
    const second: Card = { mac: '00:77:88:00:00:04', address: 'fe80::2' }
    const border: Card = { mac: '00:77:88:00:00:05', address: 'fe80::3' }
    for (let round = 0; round < 10; round += 1) {
      advertiseRouter(traffic, ROUTER, offer)
      advertiseRouter(traffic, second, offer)
      advertiseRouter(traffic, border, { lifetime: 0, prefix: 'fd99::' })
      traffic.silence(200 * SECOND)
    }
    advertiseRouter(traffic, ROUTER, { ...offer, lifetime: 0 })
    advertiseRouter(traffic, ROUTER, offer)
    expect(traffic.end()).toEqual([])
  })
})

test('an IPv6 redirect that does not come from a link-local address is a forgery (redir6)', () => {
  const traffic = new WatchedTraffic()
  solicit(traffic, THIEF, VICTIM.address)
  const body = concat(addressBytes(THIEF.address), addressBytes('2001:db8::1'))
  const router: Card = { mac: ROUTER.mac, address: 'fd00::1' }
  neighbourMessage(traffic, router, { type: 137, destination: VICTIM.address, body })
  expect(traffic.end()).toMatchObject([
    {
      kind: 'spoofing.icmp-redirect',
      severity: 6,
      attacker: 'fd00::3',
      victims: ['fd00::2', 'fd00::1'],
    },
  ])
})

describe('a router that nobody else is beside', () => {
  const hasty = (isPreferred: boolean, gapUs: number) => {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 12; round += 1) {
      advertiseRouter(traffic, { mac: THIEF.mac, address: 'fe80::3' }, { lifetime: 1800, isPreferred, prefix: '2001:db8:bad::' }) // prettier-ignore
      traffic.wait(gapUs)
    }
    return traffic.end()
  }

  test('is told where it claims high preference and repeats itself every few seconds', () => {
    expect(hasty(true, 5 * SECOND)).toMatchObject([
      { kind: 'spoofing.router-advertisement', severity: 4, attacker: 'fe80::3' },
    ])
  })

  test('is told where it names a group of hosts as the resolver, and not where it names one', () => {
    const told = (resolver: string) => {
      const traffic = new WatchedTraffic()
      const offer = { lifetime: 2048, prefix: '2001:db8:bad::', resolver }
      advertiseRouter(traffic, { mac: THIEF.mac, address: 'fe80::3' }, offer)
      return traffic.end()
    }
    expect(told('ff02::fb')).toMatchObject([
      { kind: 'spoofing.router-advertisement', severity: 4, attacker: 'fe80::3' },
    ])
    expect(told('fe80::3')).toEqual([])
  })

  test('is left alone where it does one of the two', () => {
    expect(hasty(true, 200 * SECOND)).toEqual([])
    expect(hasty(false, 5 * SECOND)).toEqual([])
  })
})

test('routers that are ever new are a flood of one story, if not yet of many messages', () => {
  const floods = (routers: number) => {
    const traffic = new WatchedTraffic()
    for (let router = 1; router <= routers; router += 1) {
      const hex = router.toString(16).padStart(2, '0')
      const card: Card = { mac: `00:18:aa:00:00:${hex}`, address: `fe80::aa:${hex}` }
      advertiseRouter(traffic, card, { lifetime: 1800, prefix: `2001:db8:${hex}::` })
    }
    return traffic.end().filter(({ severity }) => severity >= 4)
  }
  expect(floods(120)).toMatchObject([{ kind: 'spoofing.router-advertisement', severity: 5 }])
  expect(floods(10)).toEqual([])
})
