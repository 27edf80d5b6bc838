import { describe, expect, it } from 'vitest'
import { Talk, segment, tcpOpening } from '../../../support/messages/spoken/spoken-flow.ts'
import { ipv4, ipv6, ipv6Fragment } from '../../../support/packets/ip-builder.ts'
import { bytesOf, tcp, type LinkPayload } from '../../../support/packets/packet-builder.ts'

const HEADER = 20
const CUT = 240
const four = { source: '10.0.0.1', destination: '10.0.0.2' }
const six = { source: '2001:db8::1', destination: '2001:db8::2' }
const request = (uri: string): string => `GET ${uri} HTTP/1.1\r\nHost: a\r\n\r\n`
const long = `/${'a'.repeat(700)}`
const fromClient = { sourcePort: 40000, destinationPort: 9 }

/** The segment, cut into fragments of 240 bytes. */
function fragments(sequence: number, text: string, flags = 'PA'): LinkPayload[] {
  const whole = tcp({ ...fromClient, sequence, flags, payload: text })
  const length = HEADER + text.length
  return pieces(length).map(([start, end]) =>
    ipv4(
      { ...four, fragmentOffset: start, moreFragments: end < length, slice: [start, end] },
      whole,
    ),
  )
}

function pieces(length: number): [number, number][] {
  const starts = Array.from({ length: Math.ceil(length / CUT) }, (_, piece) => piece * CUT)
  return starts.map((start) => [start, Math.min(start + CUT, length)])
}

function uris(layers: readonly LinkPayload[]): unknown[] {
  const talk = new Talk()
  for (const layer of [...tcpOpening(), ...layers]) talk.fold(layer)
  const { told, flow } = talk.end()
  expect(flow.retransmissions).toBe(0)
  return told.flatMap((fact) => (fact.kind === 'http-request' ? [fact.uri] : []))
}

describe('a request in a fragmented segment', () => {
  const orders: [name: string, order: (layers: LinkPayload[]) => LinkPayload[]][] = [
    ['in order', (layers) => layers],
    ['the last first', (layers) => layers.toReversed()],
    ['the first last', ([first, ...others]) => [...others, first!]],
  ]
  it.each(orders)('is read whole, %s', (_name, order) => {
    expect(uris(order(fragments(101, request(long))))).toEqual([long])
  })

  it('is read whole where its connection ends with it', () => {
    expect(uris(fragments(101, request(long), 'FPA'))).toEqual([long])
  })

  it('does not keep the next one from being read', () => {
    const next = segment('>', bytesOf(request('/2')), 101 + request(long).length)
    expect(uris([...fragments(101, request(long)), next])).toEqual([long, '/2'])
  })

  it('is read whole over IPv6', () => {
    const talk = new Talk()
    const whole = tcp({ ...fromClient, sequence: 101, flags: 'PA', payload: request(long) })
    talk.fold(ipv6(six, tcp({ ...fromClient, sequence: 100, flags: 'S' })))
    for (const [offset, end] of pieces(HEADER + request(long).length)) {
      const more = end < HEADER + request(long).length
      talk.fold(ipv6(six, ipv6Fragment({ offset, end, more }, whole)))
    }
    expect(talk.end().told).toMatchObject([{ kind: 'http-request', uri: long }])
  })

  it('takes no bytes from fragments of which it is not known where they belong', () => {
    const whole = tcp({ ...fromClient, sequence: 101, flags: 'PA', payload: request(long) })
    const lone = ipv4(
      { ...four, fragmentOffset: CUT, moreFragments: true, slice: [CUT, 2 * CUT] },
      whole,
    )
    expect(uris([lone, segment('>', bytesOf(request('/1')), 101)])).toEqual(['/1'])
  })
})
