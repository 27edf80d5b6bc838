import { describe, expect, test } from 'vitest'
import {
  arpAnnounce,
  arpAnswer,
  arpAsk,
  arpExchange,
  solicit,
  type Card,
} from '../../../../../support/packets/link-traffic.ts'
import { LinkType } from '../../../../../../src/capture/source.ts'
import { arp, ethernet, linuxSll } from '../../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const GATEWAY: Card = { mac: '00:11:22:00:00:01', address: '10.0.0.1' }
const VICTIM: Card = { mac: '00:33:44:00:00:02', address: '10.0.0.2' }
const THIEF: Card = { mac: '00:55:66:00:00:03', address: '10.0.0.3' }
const SECOND = 1_000_000

/** A link whose stations have been heard. */
function link(): WatchedTraffic {
  const traffic = new WatchedTraffic()
  traffic.tcp('10.0.0.2', '198.51.100.1', { flags: 'A' })
  traffic.wait(5 * SECOND)
  arpExchange(traffic, VICTIM, GATEWAY)
  traffic.wait(5 * SECOND)
  return traffic
}

describe('ARP spoofing', () => {
  test('between a host and its gateway wakes somebody up, and names the address the spoofer bears itself', () => {
    const traffic = link()
    arpExchange(traffic, THIEF, VICTIM)
    arpExchange(traffic, THIEF, GATEWAY)
    for (let round = 0; round < 5; round += 1) {
      arpAnswer(traffic, THIEF, VICTIM, GATEWAY.address)
      arpAnswer(traffic, THIEF, GATEWAY, VICTIM.address, 2 * SECOND)
    }
    const events = traffic.end()
    expect(events).toMatchObject([
      {
        kind: 'spoofing.arp',
        family: 'spoofing',
        severity: 7,
        attacker: '10.0.0.3',
        count: 10,
        mitre: ['T1557.002'],
        isFinal: true,
      },
    ])
    expect([...events[0]!.victims].sort()).toEqual(['10.0.0.1', '10.0.0.2'])
    expect(events[0]!.summary).toContain('00:55:66:00:00:03')
  })

  test('of one side alone is told by its second answer that nobody asked for', () => {
    const traffic = link()
    arpExchange(traffic, THIEF, VICTIM)
    arpAnswer(traffic, THIEF, VICTIM, GATEWAY.address, 2 * SECOND)
    expect(traffic.stories()).toEqual([])
    arpAnswer(traffic, THIEF, VICTIM, GATEWAY.address, 2 * SECOND)
    expect(traffic.stories()).toMatchObject([
      {
        kind: 'spoofing.arp',
        severity: 6,
        attacker: '10.0.0.3',
        victims: ['10.0.0.1', '10.0.0.2'],
      },
    ])
  })

  test('by a card without an address of its own names nobody', () => {
    const traffic = link()
    for (let round = 0; round < 4; round += 1) {
      arpAnswer(traffic, THIEF, VICTIM, GATEWAY.address, 2 * SECOND)
    }
    expect(traffic.end()).toMatchObject([{ severity: 5, attacker: null }])
  })

  test('pushed by a poll and an answer is told, though the true bearer is never heard', () => {
    const traffic = new WatchedTraffic()
    traffic.tcp('10.0.0.2', '198.51.100.1', { flags: 'A' })
    traffic.wait(5 * SECOND)
    const poll = { operation: 1, senderMac: THIEF.mac, sender: '10.0.0.1', target: '10.0.0.2' }
    traffic.frame(ethernet(arp(poll), { source: THIEF.mac, destination: VICTIM.mac }))
    arpAnswer(traffic, VICTIM, { mac: THIEF.mac, address: '10.0.0.1' })
    arpAnswer(traffic, THIEF, VICTIM, '10.0.0.1')
    traffic.wait(5 * SECOND)
    arpAsk(traffic, THIEF, '10.0.0.1')
    expect(traffic.end()).toMatchObject([
      {
        kind: 'spoofing.arp',
        severity: 5,
        attacker: '10.0.0.3',
        victims: ['10.0.0.1', '10.0.0.2'],
      },
    ])
  })

  test('between two hosts of which nothing else is seen is told by the third round', () => {
    const traffic = new WatchedTraffic()
    traffic.tcp('10.0.0.2', '198.51.100.1', { flags: 'A' })
    traffic.wait(5 * SECOND)
    for (let round = 0; round < 5; round += 1) {
      arpAnswer(traffic, THIEF, VICTIM, GATEWAY.address)
      arpAnswer(traffic, THIEF, GATEWAY, VICTIM.address, 2 * SECOND)
    }
    expect(traffic.end()).toMatchObject([{ kind: 'spoofing.arp', severity: 6, attacker: null }])
  })

  test('of a host of which nothing else is seen is told by the tenth answer', () => {
    const traffic = new WatchedTraffic()
    traffic.tcp('10.0.0.2', '198.51.100.1', { flags: 'A' })
    traffic.wait(5 * SECOND)
    for (let round = 0; round < 12; round += 1) {
      arpAnswer(traffic, THIEF, VICTIM, GATEWAY.address, 2 * SECOND)
    }
    expect(traffic.end()).toMatchObject([
      { kind: 'spoofing.arp', severity: 4, attacker: null, victims: ['10.0.0.1', '10.0.0.2'] },
    ])
  })

  test('by questions alone is told by the fourth', () => {
    const traffic = link()
    arpExchange(traffic, THIEF, VICTIM)
    for (let round = 0; round < 4; round += 1) {
      const poll = { operation: 1, senderMac: THIEF.mac, sender: '10.0.0.1', target: '10.0.0.2' }
      const addresses = { source: THIEF.mac, destination: VICTIM.mac }
      traffic.frame(ethernet(arp(poll), addresses), 30 * SECOND)
    }
    expect(traffic.end()).toMatchObject([
      {
        kind: 'spoofing.arp',
        severity: 5,
        attacker: '10.0.0.3',
        victims: ['10.0.0.1', '10.0.0.2'],
      },
    ])
  })

  test('of everybody by broadcast is told once it goes on against the bearer', () => {
    const traffic = link()
    arpAsk(traffic, THIEF, '10.0.0.9')
    for (let round = 0; round < 20; round += 1) {
      arpAnnounce(traffic, THIEF, GATEWAY.address, 2 * SECOND)
      if (round % 5 === 4) arpAsk(traffic, GATEWAY, VICTIM.address)
    }
    expect(traffic.end()).toMatchObject([
      { kind: 'spoofing.arp', severity: 6, attacker: '10.0.0.3', victims: ['10.0.0.1'] },
    ])
  })

  test('does not make its victim a spoofer when that defends itself', () => {
    const traffic = link()
    arpAsk(traffic, THIEF, VICTIM.address)
    for (let round = 0; round < 6; round += 1) {
      arpAnswer(traffic, THIEF, VICTIM, GATEWAY.address, SECOND)
      arpAnswer(traffic, GATEWAY, VICTIM, GATEWAY.address, SECOND)
    }
    expect(traffic.end().map(({ attacker }) => attacker)).toEqual(['10.0.0.3'])
  })

  test('with a new MAC in each of six thousand frames makes no stories of it', () => {
    const traffic = link()
    for (let round = 0; round < 6_000; round += 1) {
      const mac = `02:${round.toString(16).padStart(10, '0').match(/../g)!.join(':')}`
      const address = `10.${round % 200}.${(round >> 8) & 255}.${round & 255}`
      arpAnswer(traffic, { mac, address }, VICTIM, address, 10)
    }
    expect(traffic.end().length).toBeLessThan(3)
  })
})

describe('a bearer who asks the link for the address that it claims', () => {
  /** Nobody on the link is ever heard to ask. */
  function claims(traffic: WatchedTraffic, times: number, gapUs: number): void {
    for (let round = 0; round < times; round += 1) {
      arpAnswer(traffic, THIEF, VICTIM, GATEWAY.address, gapUs)
    }
  }
  const begun = (): WatchedTraffic => {
    const traffic = new WatchedTraffic()
    traffic.tcp('10.0.0.2', '198.51.100.1', { flags: 'A' })
    traffic.silence(5 * SECOND)
    return traffic
  }

  test.each(['before', 'behind'])('is told, though his listener was never heard (%s)', (when) => {
    const traffic = begun()
    if (when === 'before') arpAsk(traffic, THIEF, GATEWAY.address)
    claims(traffic, 4, 2 * SECOND)
    if (when === 'behind') arpAsk(traffic, THIEF, GATEWAY.address)
    expect(traffic.end()).toMatchObject([
      { kind: 'spoofing.arp', severity: 5, attacker: '10.0.0.3', mitre: ['T1557.002'] },
    ])
  })

  test('is not told where a router that takes another over answers now and then', () => {
    const traffic = begun()
    arpAsk(traffic, THIEF, GATEWAY.address)
    claims(traffic, 4, 30 * SECOND)
    expect(traffic.end()).toEqual([])
    const silent = begun()
    claims(silent, 4, 2 * SECOND)
    arpAsk(silent, THIEF, VICTIM.address)
    expect(silent.end().filter(({ severity }) => severity >= 4)).toEqual([])
  })
})

describe('the ARP spoofing detector keeps quiet about', () => {
  test('questions, answers and announcements of a quiet link', () => {
    const traffic = link()
    for (let round = 0; round < 20; round += 1) {
      arpExchange(traffic, VICTIM, GATEWAY)
      arpExchange(traffic, GATEWAY, VICTIM)
      arpAnnounce(traffic, THIEF)
      traffic.silence(30 * SECOND)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a failover that moves an address to the other machine, and back the next hour (keepalived)', () => {
    const traffic = link()
    const virtual = '10.0.0.100'
    const other: Card = { mac: '00:77:88:00:00:04', address: '10.0.0.4' }
    for (let round = 0; round < 4; round += 1) {
      const master = round % 2 === 0 ? THIEF : other
      arpAsk(traffic, master, GATEWAY.address)
      for (let count = 0; count < 10; count += 1) {
        arpAnnounce(traffic, master, virtual, count === 4 ? 5 * SECOND : 1000)
      }
      arpAsk(traffic, VICTIM, virtual)
      arpAnswer(traffic, master, VICTIM, virtual)
      traffic.silence(1800 * SECOND)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a failover whose new master announces itself every three seconds for good (kube-vip)', () => {
    const traffic = link()
    const other: Card = { mac: '00:77:88:00:00:04', address: '10.0.0.4' }
    for (const master of [THIEF, other]) {
      arpAsk(traffic, master, GATEWAY.address)
      for (let count = 0; count < 60; count += 1) {
        arpAnnounce(traffic, master, '10.0.0.100', 3 * SECOND)
      }
    }
    expect(traffic.end().filter(({ severity }) => severity >= 4)).toEqual([])
  })

  test('a virtual router that moves with its MAC (VRRP), and is refreshed all day', () => {
    const traffic = link()
    const virtual: Card = { mac: '00:00:5e:00:01:0a', address: '10.0.0.100' }
    arpAnswer(traffic, GATEWAY, VICTIM, virtual.address)
    for (let round = 0; round < 60; round += 1) {
      arpAnnounce(traffic, virtual, virtual.address, 10 * SECOND)
    }
    expect(traffic.end()).toEqual([])
  })

  test('a lease that goes to another machine once the first is gone', () => {
    const traffic = link()
    arpAnnounce(traffic, { ...THIEF, address: '10.0.0.50' })
    traffic.silence(120 * SECOND)
    const newcomer: Card = { mac: '00:77:88:00:00:04', address: '10.0.0.50' }
    arpAsk(traffic, { ...newcomer, address: '0.0.0.0' }, '10.0.0.50')
    arpAnnounce(traffic, newcomer)
    arpAnnounce(traffic, newcomer)
    arpExchange(traffic, newcomer, GATEWAY)
    arpExchange(traffic, GATEWAY, newcomer)
    expect(traffic.end()).toEqual([])
  })

  test('one machine with two cards on the link, each answering for both addresses (ARP flux)', () => {
    const traffic = link()
    const cards = ['00:99:aa:00:00:01', '00:99:aa:00:00:02']
    const addresses = ['10.0.0.20', '10.0.0.21']
    for (let round = 0; round < 10; round += 1) {
      for (const address of addresses) {
        arpAsk(traffic, VICTIM, address)
        for (const mac of cards) arpAnswer(traffic, { mac, address }, VICTIM)
      }
      traffic.silence(40 * SECOND)
    }
    expect(traffic.end().filter(({ severity }) => severity >= 4)).toEqual([])
  })

  test('bonded cards that move their clients about (balance-alb) louder than a note', () => {
    const traffic = link()
    const [one, other] = ['00:99:aa:00:00:01', '00:99:aa:00:00:02'] as const
    for (let round = 0; round < 6; round += 1) {
      const mac = round % 2 === 0 ? one : other
      arpAnswer(traffic, { mac, address: '10.0.0.20' }, VICTIM, '10.0.0.20', 10 * SECOND)
    }
    expect(traffic.end().filter(({ severity }) => severity >= 4)).toEqual([])
  })

  test('a router that answers for a whole network behind it when asked (proxy ARP)', () => {
    const traffic = link()
    for (let host = 50; host < 150; host += 1) {
      arpAsk(traffic, VICTIM, `10.0.0.${host}`)
      arpAnswer(traffic, GATEWAY, VICTIM, `10.0.0.${host}`)
    }
    expect(traffic.end().filter(({ kind }) => kind.startsWith('spoofing'))).toEqual([])
  })

  test('a sleep proxy that takes an address over by night and gives it back by day', () => {
    const traffic = link()
    const sleeper: Card = { mac: '00:99:aa:00:00:01', address: '10.0.0.20' }
    for (let round = 0; round < 10; round += 1) {
      arpAnnounce(traffic, THIEF, sleeper.address)
      arpAsk(traffic, VICTIM, sleeper.address)
      arpAnswer(traffic, THIEF, VICTIM, sleeper.address)
      traffic.silence(1200 * SECOND)
      arpAnnounce(traffic, sleeper)
      arpExchange(traffic, VICTIM, sleeper)
      arpAsk(traffic, THIEF, GATEWAY.address)
      traffic.silence(1200 * SECOND)
    }
    expect(traffic.end()).toEqual([])
  })

  test('neighbours that poll each other, mirrored with each answer before its question', () => {
    const traffic = link()
    solicit(traffic, { mac: GATEWAY.mac, address: 'fe80::1' }, 'fe80::2')
    solicit(traffic, { mac: VICTIM.mac, address: 'fe80::2' }, 'fe80::1')
    const poll = (from: Card, to: Card): void => {
      const fields = { senderMac: from.mac, sender: from.address, target: to.address }
      const question = arp({ operation: 1, ...fields })
      traffic.frame(ethernet(question, { source: from.mac, destination: to.mac }))
    }
    for (let round = 0; round < 30; round += 1) {
      arpAnswer(traffic, GATEWAY, VICTIM)
      poll(VICTIM, GATEWAY)
      arpAnswer(traffic, VICTIM, GATEWAY)
      poll(GATEWAY, VICTIM)
      traffic.silence(20 * SECOND)
    }
    expect(traffic.end()).toEqual([])
  })

  test('answers whose questions are on the other half of the link', () => {
    const traffic = new WatchedTraffic()
    traffic.tcp('10.0.0.2', '198.51.100.1', { flags: 'A' })
    traffic.wait(5 * SECOND)
    for (let round = 0; round < 30; round += 1) {
      arpAnswer(traffic, GATEWAY, VICTIM, '10.0.0.1')
      arpAnswer(traffic, GATEWAY, VICTIM, '10.0.0.254', 30 * SECOND)
    }
    expect(traffic.end()).toEqual([])
  })
})

test('two machines with one address are noted, and nobody is accused', () => {
  const traffic = link()
  const twin: Card = { mac: '00:77:88:00:00:04', address: VICTIM.address }
  for (let round = 0; round < 6; round += 1) {
    arpExchange(traffic, VICTIM, GATEWAY)
    arpExchange(traffic, twin, GATEWAY)
    traffic.wait(3 * SECOND)
  }
  expect(traffic.end()).toMatchObject([
    { kind: 'spoofing.arp.conflict', severity: 3, attacker: null, victims: ['10.0.0.2'] },
  ])
})

describe('in a cooked capture, which names no receiver', () => {
  const TO_US = 0
  const TO_ALL = 1
  const cooked = (): WatchedTraffic => new WatchedTraffic({ linkType: LinkType.LINUX_SLL })
  function says(
    traffic: WatchedTraffic,
    card: Card,
    fields: { operation: number; sender: string; target: string },
    type = TO_US,
  ): void {
    const message = arp({ ...fields, senderMac: card.mac })
    traffic.frame(linuxSll(message, { type, source: card.mac }), 50)
  }

  test('who polls a station in the name of the gateway, and answers it unasked, is told', () => {
    const traffic = cooked()
    const [gateway, victim] = [GATEWAY.address, VICTIM.address]
    says(traffic, VICTIM, { operation: 1, sender: victim, target: '10.0.0.9' }, TO_ALL)
    traffic.wait(5 * SECOND)
    says(traffic, THIEF, { operation: 1, sender: gateway, target: victim })
    says(traffic, VICTIM, { operation: 2, sender: victim, target: gateway })
    says(traffic, THIEF, { operation: 2, sender: gateway, target: victim })
    traffic.wait(10 * SECOND)
    says(traffic, THIEF, { operation: 1, sender: THIEF.address, target: gateway }, TO_ALL)
    expect(traffic.end()).toMatchObject([{ kind: 'spoofing.arp', attacker: '10.0.0.3' }])
  })

  test('a gateway that polls its hundred stations one by one does not sweep', () => {
    const traffic = cooked()
    for (let host = 2; host < 102; host += 1) {
      says(traffic, GATEWAY, { operation: 1, sender: GATEWAY.address, target: `10.0.0.${host}` })
    }
    expect(traffic.end()).toEqual([])
  })
})
