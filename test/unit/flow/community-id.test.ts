/** The vectors are the published ones of community-id-spec (baseline) and pycommunityid's own tests. */
import { expect, it } from 'vitest'
import { communityId } from '../../../src/flow/index.ts'
import { parseAddress } from '../../../src/net/address.ts'
import { conversation } from '../../support/messages/conversation.ts'
import { FoldedFlows } from '../../support/detection/folded-flows.ts'
import { ipv4, ipv6 } from '../../support/packets/ip-builder.ts'
import { icmp, icmp6, ipData, udp } from '../../support/packets/packet-builder.ts'

const vectors: [number, string, number, string, number, string][] = [
  [58, 'fe80::200:86ff:fe05:80da', 135, 'fe80::260:97ff:fe07:69ea', 0, 'dGHyGvjMfljg6Bppwm3bg0LO8TY='],
  [58, 'fe80::260:97ff:fe07:69ea', 136, 'fe80::200:86ff:fe05:80da', 0, 'dGHyGvjMfljg6Bppwm3bg0LO8TY='],
  [58, 'fe80::260:97ff:fe07:69ea', 135, 'fe80::200:86ff:fe05:80da', 0, 'zavyT/cezQr1fmImYCwYnMXbgck='],
  [58, '3ffe:501:1800:2345::2', 3, '3ffe:507:0:1:200:86ff:fe05:80da', 0, '2ObVBgIn28oZvibYZhZMBgh7WdQ='],
  [58, '3ffe:501:410:0:2c0:dfff:fe47:33e', 1, '3ffe:507:0:1:200:86ff:fe05:80da', 4, 'hLZd0XGWojozrvxqE0dWB1iM6R0='],
  [58, '3ffe:507:0:1:200:86ff:fe05:80da', 128, '3ffe:501:0:1001::2', 0, '+TW+HtLHvV1xnGhV1lv7XoJrqQg='],
  [58, '3ffe:501:0:1001::2', 129, '3ffe:507:0:1:200:86ff:fe05:80da', 0, '+TW+HtLHvV1xnGhV1lv7XoJrqQg='],
  [58, 'fe80::200:86ff:fe05:80da', 133, 'ff02::2', 0, 'hO+sN4H+MG5MY/8hIrXPqc4ZQz0='],
  [58, 'fe80::260:97ff:fe07:69ea', 134, 'ff02::1', 0, 'pkvHqCL88/tg1k4cPigmZXUtL00='],
  [58, '3ffe:507:0:1:260:97ff:fe07:69ea', 3, '3ffe:507:0:1:200:86ff:fe05:80da', 0, 'NdobDX8PQNJbAyfkWxhtL2Pqp5w='],
  [58, '3ffe:507:0:1:200:86ff:fe05:80da', 3, '3ffe:507:0:1:260:97ff:fe07:69ea', 0, '/OGBt9BN1ofenrmSPWYicpij2Vc='],
  [1, '192.168.0.89', 8, '192.168.0.1', 0, 'X0snYXpgwiv9TZtqg64sgzUn6Dk='],
  [1, '192.168.0.1', 0, '192.168.0.89', 8, 'X0snYXpgwiv9TZtqg64sgzUn6Dk='],
  [1, '192.168.0.1', 0, '192.168.0.89', 20, 'X0snYXpgwiv9TZtqg64sgzUn6Dk='],
  [1, '192.168.0.89', 20, '192.168.0.1', 0, '3o2RFccXzUgjl7zDpqmY7yJi8rI='],
  [1, '192.168.0.89', 20, '192.168.0.1', 1, 'tz/fHIDUHs19NkixVVoOZywde+I='],
  [1, '10.0.0.1', 11, '10.0.0.2', 0, 'YHxtAirCG//0OzkcVAukqKQN9xM='],
  [6, '2001:470:e5bf:dead:4957:2174:e82c:4887', 63943, '2607:f8b0:400c:c03::1a', 25, '/qFaeAR+gFe1KYjMzVDsMv+wgU4='],
  [6, '2607:f8b0:400c:c03::1a', 25, '2001:470:e5bf:dead:4957:2174:e82c:4887', 63943, '/qFaeAR+gFe1KYjMzVDsMv+wgU4='],
  [6, '128.232.110.120', 34855, '66.35.250.204', 80, 'LQU9qZlK+B5F3KDmev6m5PMibrg='],
  [6, '66.35.250.204', 80, '128.232.110.120', 34855, 'LQU9qZlK+B5F3KDmev6m5PMibrg='],
  [6, '10.0.0.1', 10, '10.0.0.2', 11569, 'SXBGMX1lBOwhhoDrZynfROxnhnM='],
  [6, '10.0.0.1', 10, '10.0.0.2', 20, '9j2Dzwrw7T9E+IZi4b4IVT66HBI='],
  [17, '192.168.1.52', 54585, '8.8.8.8', 53, 'd/FP5EW3wiY1vCndhwleRRKHowQ='],
  [17, '8.8.8.8', 53, '192.168.1.52', 54585, 'd/FP5EW3wiY1vCndhwleRRKHowQ='],
  [132, '192.168.170.8', 7, '192.168.170.56', 7, 'MP2EtRCAUIZvTw6MxJHLV7N7JDs='],
  [132, '192.168.170.56', 80, '192.168.170.8', 7, 'jQgCxbku+pNGw8WPbEc/TS/uTpQ='],
  [46, '10.1.12.1', 0, '10.1.12.2', 0, 'KHlLkgoJW7ifUTyTSgyVfkFHzKw='],
  [46, '10.1.24.4', 0, '10.1.12.1', 0, '/nQI4Rh/TtY3mf0R2gJFBkVlgS4='],
] // prettier-ignore

it.each(vectors)('protocol %i, %s %i to %s %i', (protocol, from, fromPort, to, toPort, id) => {
  const tuple = {
    protocol,
    source: parseAddress(from)!,
    destination: parseAddress(to)!,
    sourcePort: fromPort,
    destinationPort: toPort,
  }
  expect(communityId(tuple)).toBe(`1:${id}`)
})

it('is what a live flow gives, whoever spoke first', () => {
  const flows = new FoldedFlows()
  const there = { source: '192.168.0.89', destination: '192.168.0.1' }
  const six = { source: '3ffe:501:0:1001::2', destination: '3ffe:507:0:1:200:86ff:fe05:80da' }
  const dns = { originator: '8.8.8.8', responder: '192.168.1.52' }
  flows.fold(conversation({ ...dns, originatorPort: 53, responderPort: 54585 }).udpOut())
  flows.fold(ipv4(there, icmp({ type: 8, identifier: 0xabcd })))
  flows.fold(ipv6(six, icmp6({ type: 129, identifier: 0xabcd })))
  flows.fold(ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }, icmp({ type: 11 })))
  flows.fold(ipv4({ source: '10.1.12.2', destination: '10.1.12.1' }, ipData(46)))
  const sctp = { source: '192.168.170.8', destination: '192.168.170.56' }
  flows.fold(ipv4(sctp, ipData(132, '\0\x07\0\x07' + '\0'.repeat(8))))
  expect(flows.end().map(({ communityId: id }) => id)).toEqual([
    '1:d/FP5EW3wiY1vCndhwleRRKHowQ=',
    '1:X0snYXpgwiv9TZtqg64sgzUn6Dk=',
    '1:+TW+HtLHvV1xnGhV1lv7XoJrqQg=',
    '1:YHxtAirCG//0OzkcVAukqKQN9xM=',
    '1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=',
    '1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=',
  ])
})

it('has no ports in it where no packet told them, as with tshark', () => {
  const flows = new FoldedFlows()
  const there = { source: '192.168.1.10', destination: '192.168.1.25' }
  flows.fold(ipv4({ ...there, fragmentOffset: 64 }, udp({ payload: 'x' })))
  flows.fold(ipv4(there, ipData(132)))
  expect(flows.end().map(({ communityId: id }) => id)).toEqual([
    '1:8cjNY7Hexr9BHkG8vuC+ZKGi4oQ=',
    '1:8j1Q2212o1XYusAtq7aM+5bKwIA=',
  ])
})
