import { expect, it } from 'vitest'
import { decodeQuotedPacket, isUnreachable, Packet } from '../../../src/decode/index.ts'
import { formatIpv4Word } from '../../../src/net/address.ts'
import { decoded } from '../../support/packets/decoded.ts'
import { ipv4, ipv6 } from '../../support/packets/ip-builder.ts'
import {
  ethernet,
  icmp,
  icmp6,
  tcp,
  udp,
  type Content,
} from '../../support/packets/packet-builder.ts'

const outward = { source: '10.0.0.1', destination: '10.0.0.2' }
const back = { source: '10.0.0.2', destination: '10.0.0.1' }

function unreachable(payload: Content, code = 3): Packet {
  return decoded(ethernet(ipv4(back, icmp({ type: 3, code, payload }))))
}

it('reads addresses and ports of the refused packet out of eight bytes of transport', () => {
  const segment = ipv4(outward, tcp({ sourcePort: 5, destinationPort: 6 }))
  const quoted = new Packet()
  expect(decodeQuotedPacket(unreachable(segment.bytes.slice(0, 28)), quoted)).toBe(true)
  expect(formatIpv4Word(quoted.destination3)).toBe('10.0.0.2')
  expect(quoted).toMatchObject({ protocol: 6, sourcePort: 5, destinationPort: 6 })
})

it('reads an IPv6 quote', () => {
  const six = { source: '2001:db8::1', destination: '2001:db8::2' }
  const quote = ipv6(six, udp({ destinationPort: 99 })).bytes
  const error = decoded(ethernet(ipv6(six, icmp6({ type: 1, code: 4, payload: quote }))))
  const quoted = new Packet()
  expect(isUnreachable(error)).toBe(true)
  expect(decodeQuotedPacket(error, quoted)).toBe(true)
  expect(quoted).toMatchObject({ ipVersion: 6, protocol: 17, destinationPort: 99 })
})

it('refuses a quote too short to name the packet', () => {
  const quote = ipv4(outward, udp()).bytes
  for (let length = 0; length < 20; length += 1) {
    expect(decodeQuotedPacket(unreachable(quote.slice(0, length)), new Packet())).toBe(false)
  }
})

it('takes neither path MTU discovery nor traceroute for a refusal', () => {
  const quote = ipv4(outward, udp()).bytes
  expect(isUnreachable(unreachable(quote))).toBe(true)
  expect(isUnreachable(unreachable(quote, 4))).toBe(false)
  const exceeded = decoded(ethernet(ipv4(back, icmp({ type: 11, payload: quote }))))
  expect(isUnreachable(exceeded)).toBe(false)
  const tooBig = icmp6({ type: 2, payload: quote })
  const six = { source: '2001:db8::1', destination: '2001:db8::2' }
  expect(isUnreachable(decoded(ethernet(ipv6(six, tooBig))))).toBe(false)
})
