import { describe, expect, test } from 'vitest'
import {
  addressBytes,
  concat,
  icmp6,
  macBytes,
} from '../../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const OUTSIDE = '2001:db8:ffff::bad'
const ROUTER = 'fe80::1'

function solicit(traffic: WatchedTraffic, target: string): void {
  const option = concat(new Uint8Array([1, 1]), macBytes('02:00:00:00:00:01'))
  const payload = concat(addressBytes(target), option)
  traffic.send(ROUTER, 'ff02::1:ff00:1', icmp6({ type: 135, payload }))
}

function solicitations(isPrompted: boolean) {
  const traffic = new WatchedTraffic()
  for (let host = 0; host < 3000; host += 1) {
    const target = `2001:db8:1:2::${host.toString(16)}`
    if (isPrompted) traffic.send(OUTSIDE, target, icmp6({ type: 128, identifier: 1 }), 500)
    solicit(traffic, target)
  }
  return traffic.end().map(({ kind, attacker }) => `${kind} ${attacker}`)
}

describe('neighbour solicitations by the thousand', () => {
  test('are a flood of who sends them', () => {
    expect(solicitations(false)).toContain(`flood.icmpv6 ${ROUTER}`)
  })

  test('that pass on the pings of somebody outside are not the router’s doing, but his', () => {
    const told = solicitations(true)
    expect(told).toContain(`sweep.icmp ${OUTSIDE}`)
    expect(told.filter((one) => one.endsWith(ROUTER))).toEqual([])
  })
})
