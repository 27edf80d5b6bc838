import { describe, expect, it } from 'vitest'
import { Decoder, FragmentFault, Packet } from '../../../../src/decode/index.ts'
import { ipv4, ipv6, ipv6Fragment } from '../../../support/packets/ip-builder.ts'
import {
  ethernet,
  frameOf,
  tcp,
  udp,
  type LinkPayload,
} from '../../../support/packets/packet-builder.ts'
import { seededRandom } from '../../../support/seeded-random.ts'

const four = { source: '192.0.2.1', destination: '198.51.100.7' }
const six = { source: '2001:db8::1', destination: '2001:db8::7' }
const text = Array.from({ length: 200 }, (_, index) => String.fromCharCode(32 + (index % 90)))
const whole = udp({ payload: text.join('') })
const forged = udp({ payload: 'FORGED'.repeat(34).slice(0, 200) })

/** Decodes one after the other and keeps each one's fault. */
class Pieces {
  readonly faults: number[] = []
  readonly decoder = new Decoder()
  readonly packet = new Packet()

  take(layer: LinkPayload, atMs = 0, wireLength?: number): this {
    const frame = ethernet(layer)
    const timestampUs = 1_700_000_000_000_000 + atMs * 1000
    const cut = wireLength === undefined ? {} : { wireLength }
    this.decoder.decode(frameOf(frame, { timestampUs, ...cut }), this.packet)
    this.faults.push(this.packet.fragmentFault)
    return this
  }

  /** A piece of `from`, from byte `start` up to `end`. */
  piece(start: number, end: number, from = whole, atMs = 0, identification = 1): this {
    const moreFragments = end < 208
    const place = { fragmentOffset: start, moreFragments, slice: [start, end] as const }
    return this.take(ipv4({ ...four, identification, ...place }, from), atMs)
  }

  get overlapping(): number {
    return this.decoder.fragmentCounts().overlapping
  }
}

const quarrels: [name: string, one: [number, number], other: [number, number]][] = [
  ['a later one that reaches back (teardrop)', [0, 64], [48, 96]],
  ['a later one within another', [0, 64], [24, 32]],
  ['one around another', [64, 72], [48, 96]],
  ['one that begins alike and ends later', [64, 96], [64, 128]],
  ['the first one, by one sent before it', [48, 96], [0, 64]],
]

describe('fragments that overlap', () => {
  it.each(quarrels)('are noticed: %s', (_name, [start, end], [otherStart, otherEnd]) => {
    const pieces = new Pieces().piece(start, end).piece(otherStart, otherEnd)
    expect(pieces.faults).toEqual([0, FragmentFault.OVERLAP])
    expect(pieces.overlapping).toBe(1)
  })

  it('are noticed when one is sent again with other bytes', () => {
    const pieces = new Pieces().piece(0, 64).piece(64, 128).piece(64, 128, forged)
    expect(pieces.faults).toEqual([0, 0, FragmentFault.OVERLAP])
  })

  it('are noticed in IPv6 (RFC 5722), whatever next header they claim', () => {
    const part = (offset: number, end: number) =>
      ipv6(six, ipv6Fragment({ offset, end, more: true }, offset === 0 ? whole : tcp()))
    const [, second] = new Pieces().take(part(0, 64)).take(part(56, 72)).faults
    expect(second! & FragmentFault.OVERLAP).not.toBe(0)
  })

  it('leave the ports those of the first one seen', () => {
    const pieces = new Pieces().piece(0, 64).piece(0, 64, udp({ destinationPort: 99 }))
    pieces.piece(64, 128)
    expect(pieces.packet).toMatchObject({ isLaterFragment: true, destinationPort: 53 })
  })
})

describe('fragments that are honest', () => {
  it('may come in any order, and each again', () => {
    const random = seededRandom(3)
    for (let round = 0; round < 200; round += 1) {
      const starts = [0, 64, 128, 0, 64, 128].sort(() => random(3) - 1)
      const pieces = new Pieces()
      for (const start of starts) pieces.piece(start, Math.min(208, start + 64))
      expect(pieces.faults).toEqual(starts.map(() => 0))
    }
  })

  it('may bear the identification of a packet that came whole', () => {
    const pieces = new Pieces().piece(0, 104).piece(104, 208)
    pieces.piece(0, 104, forged).piece(104, 208, forged)
    expect(pieces.faults).toEqual([0, 0, 0, 0])
  })

  it('may bear that of a packet whose rest was lost a while ago', () => {
    const pieces = new Pieces().piece(0, 104).piece(0, 104, forged, 6000)
    expect(pieces.faults).toEqual([0, 0])
    expect(pieces.decoder.fragmentCounts().forgotten).toBe(1)
  })

  it('are not held against each other where the capture cut them', () => {
    const cut = { ...four, moreFragments: true, totalLength: 1500, slice: [0, 64] as const }
    const pieces = new Pieces().take(ipv4(cut, whole), 0, 1514).take(ipv4(cut, forged), 0, 1514)
    expect(pieces.faults).toEqual([0, 0])
  })

  it('of a whole packet in one are none (RFC 6946)', () => {
    const atomic = ipv6(six, ipv6Fragment({ offset: 0, more: false }, whole))
    expect(new Pieces().take(atomic).take(atomic).packet.isFragment).toBe(false)
  })

  it('may be more than are remembered', () => {
    const large = udp({ payload: 'x'.repeat(8 * 300) })
    const pieces = new Pieces()
    for (let start = 0; start < 2400; start += 8) {
      const place = {
        fragmentOffset: start,
        moreFragments: true,
        slice: [start, start + 8] as const,
      }
      pieces.take(ipv4({ ...four, ...place }, large))
    }
    expect(pieces.overlapping).toBe(0)
    expect(pieces.packet.destinationPort).toBe(53)
  })
})

describe('tiny fragments', () => {
  const syn = tcp({ flags: 'S', payload: 'x'.repeat(200) })
  const first = (end: number) => ipv4({ ...four, moreFragments: true, slice: [0, end] }, syn)

  it('are pieces of TCP that begin before the flags, and those that end sooner than on any path', () => {
    expect(new Pieces().take(first(8)).faults).toEqual([FragmentFault.TINY])
    expect(new Pieces().take(first(64)).faults).toEqual([FragmentFault.TINY])
    expect(new Pieces().take(first(200)).faults).toEqual([0])
    const middle = ipv4({ ...four, fragmentOffset: 24, moreFragments: true, slice: [24, 48] }, syn)
    expect(new Pieces().take(middle).faults).toEqual([FragmentFault.TINY])
    const last = ipv4({ ...four, fragmentOffset: 208, slice: [208, 220] }, syn)
    expect(new Pieces().take(last).faults).toEqual([0])
    const second = ipv4({ ...four, fragmentOffset: 8, slice: [8, 100] }, syn)
    expect(new Pieces().take(second).faults).toEqual([FragmentFault.TINY])
  })

  it('are not those of UDP, nor whole segments', () => {
    expect(new Pieces().piece(0, 8).faults).toEqual([0])
    expect(new Pieces().take(ipv4(four, tcp({ flags: 'S' }))).faults).toEqual([0])
  })
})

it('a flood of first pieces is forgotten and counted, never kept', () => {
  const pieces = new Pieces()
  for (let identification = 0; identification < 5000; identification += 1) {
    pieces.piece(0, 64, whole, 0, identification)
  }
  const { fragments, forgotten, overlapping } = pieces.decoder.fragmentCounts()
  expect({ fragments, overlapping }).toEqual({ fragments: 5000, overlapping: 0 })
  expect(forgotten).toBeGreaterThan(3500)
})
