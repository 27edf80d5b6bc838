import { describe, expect, test } from 'vitest'
import { concat, macBytes, uint16, uint32 } from '../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const SECOND = 1_000_000
const SWITCH = '00:1a:2b:00:00:01'
const SECOND_SWITCH = '00:1a:2b:00:00:02'
const THIEF = '00:0c:29:66:66:66'

/** A configuration BPDU of a bridge that takes `root` for the root (IEEE 802.1D §9.3.1), in an 802.3 frame. */
function bpdu(
  traffic: WatchedTraffic,
  card: string,
  root: { card: string; priority: number },
): void {
  const bridge = concat(uint16(root.card === card ? root.priority : 0x8000), macBytes(card))
  const rootId = concat(uint16(root.priority), macBytes(root.card))
  const times = concat(uint16(0x8001), uint16(0), uint16(5120), uint16(512), uint16(3840))
  const message = concat(new Uint8Array(5), rootId, uint32(0), bridge, times)
  const llc = new Uint8Array([0x42, 0x42, 3])
  const head = concat(macBytes('01:80:c2:00:00:00'), macBytes(card), uint16(38))
  traffic.frame(concat(head, llc, message, new Uint8Array(8)), SECOND)
}

const ofTree = (traffic: WatchedTraffic) => traffic.end().filter(({ kind }) => kind === 'spoofing.spanning-tree') // prettier-ignore

describe('the root of a spanning tree', () => {
  test('claimed by a stranger while it still speaks is told', () => {
    const traffic = new WatchedTraffic()
    for (let hello = 0; hello < 10; hello += 1) bpdu(traffic, SWITCH, { card: SWITCH, priority: 0x8000 })
    for (let hello = 0; hello < 10; hello += 1) bpdu(traffic, THIEF, { card: THIEF, priority: 0 })
    expect(ofTree(traffic)).toMatchObject([{ severity: 5, attacker: null }])
    expect(traffic.tellings[0]!.summary).toContain(THIEF)
  }) // prettier-ignore

  test('that was heard for a moment only is told where it goes on speaking, and noted where it gives in', () => {
    const election = new WatchedTraffic()
    const quarrel = new WatchedTraffic()
    for (const traffic of [election, quarrel]) bpdu(traffic, SWITCH, { card: SWITCH, priority: 0x8000 })
    for (let hello = 0; hello < 12; hello += 1) {
      for (const traffic of [election, quarrel]) bpdu(traffic, THIEF, { card: THIEF, priority: 0 })
      bpdu(quarrel, SWITCH, { card: SWITCH, priority: 0x8000 })
    }
    expect(ofTree(election)).toMatchObject([{ severity: 3 }])
    expect(ofTree(quarrel)).toMatchObject([{ severity: 5 }])
  }) // prettier-ignore

  test('is told from another of the same priority by the last bit of its card', () => {
    const traffic = new WatchedTraffic()
    for (let hello = 0; hello < 10; hello += 1) bpdu(traffic, SECOND_SWITCH, { card: SECOND_SWITCH, priority: 0x8000 })
    for (let hello = 0; hello < 10; hello += 1) bpdu(traffic, SWITCH, { card: SWITCH, priority: 0x8000 })
    expect(ofTree(traffic)).toMatchObject([{ severity: 5 }])
    expect(traffic.tellings[0]!.summary).toContain(`while ${SECOND_SWITCH} still`)
  }) // prettier-ignore

  test('passed on by other switches, and replaced once it is dead, is nothing', () => {
    const traffic = new WatchedTraffic()
    for (let hello = 0; hello < 10; hello += 1) {
      bpdu(traffic, SWITCH, { card: SWITCH, priority: 0x8000 })
      bpdu(traffic, SECOND_SWITCH, { card: SWITCH, priority: 0x8000 })
    }
    traffic.silence(21 * SECOND)
    for (let hello = 0; hello < 10; hello += 1) bpdu(traffic, SECOND_SWITCH, { card: SECOND_SWITCH, priority: 0x8000 })
    expect(ofTree(traffic)).toEqual([])
  }) // prettier-ignore
})

const STANDBY = 8
const ACTIVE = 16

/** A hello of HSRP (RFC 2281 §5.1). */
function hello(
  traffic: WatchedTraffic,
  router: string,
  state: number,
  priority: number,
  served = 254,
): void {
  // prettier-ignore
  const head = new Uint8Array([0, 0, state, 3, 10, priority, 1, 0])
  const payload = concat(head, new Uint8Array(8), new Uint8Array([10, 0, 0, served]))
  traffic.udp(router, '224.0.0.2', { sourcePort: 1985, destinationPort: 1985, payload }, SECOND)
}

const ofRouters = (traffic: WatchedTraffic) => traffic.end().filter(({ kind }) => kind === 'spoofing.standby-router') // prettier-ignore

describe('a group of standby routers', () => {
  test('taken over by who never stood by is told', () => {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 4; round += 1) {
      hello(traffic, '10.0.0.2', ACTIVE, 110)
      hello(traffic, '10.0.0.3', STANDBY, 100)
    }
    for (let round = 0; round < 4; round += 1) hello(traffic, '10.0.0.66', ACTIVE, 255)
    expect(ofRouters(traffic)).toMatchObject([
      { severity: 6, attacker: '10.0.0.66', victims: ['10.0.0.2'] },
    ])
  })

  test('whose standby router takes over, or takes over from a dead one, is at work', () => {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 4; round += 1) {
      hello(traffic, '10.0.0.2', ACTIVE, 110)
      hello(traffic, '10.0.0.3', STANDBY, 100)
    }
    for (let round = 0; round < 4; round += 1) hello(traffic, '10.0.0.3', ACTIVE, 120)
    traffic.silence(15 * SECOND)
    for (let round = 0; round < 4; round += 1) hello(traffic, '10.0.0.4', ACTIVE, 120)
    expect(ofRouters(traffic)).toEqual([])
  })

  test('is another than the group of the same number that serves another address', () => {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 8; round += 1) {
      hello(traffic, '10.0.0.2', ACTIVE, 255, 254)
      hello(traffic, '10.0.0.130', ACTIVE, 254, 253)
    }
    expect(ofRouters(traffic)).toEqual([])
  })
})
