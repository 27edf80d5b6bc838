import { describe, expect, it } from 'vitest'
import { LinkType } from '../../../src/capture/source.ts'
import { Decoder, decodeQuotedPacket, Packet, PacketKind } from '../../../src/decode/index.ts'
import { GuardedBytes } from '../../support/packets/guarded-bytes.ts'
import { layeredFrames } from '../../support/packets/layered-frames.ts'
import { frameOf } from '../../support/packets/packet-builder.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const decoder = new Decoder()
const quoted = new Packet()

/**
 * Decodes with a guard around the frame: a read outside it throws.
 *
 * What is left is also read as an ICMP error's quote, which begins anywhere and is cut anywhere.
 */
function decodeGuarded(bytes: Uint8Array, linkType: number, wireLength: number): Packet {
  const packet = new Packet()
  const { view: buffer } = new GuardedBytes(bytes)
  decoder.decode({ ...frameOf(bytes, { linkType, wireLength }), buffer }, packet)
  if (packet.kind === PacketKind.IP) {
    decodeQuotedPacket(packet, quoted)
    expectPayloadInside(quoted, bytes.length)
  }
  return packet
}

function expectPayloadInside(packet: Packet, captured: number): void {
  expect(packet.payloadCaptured).toBeGreaterThanOrEqual(0)
  expect(packet.payloadOffset + packet.payloadCaptured).toBeLessThanOrEqual(
    Math.max(captured, packet.payloadOffset),
  )
}

describe('whatever is cut or changed, decoding neither throws nor reads past the end', () => {
  it.each(layeredFrames)('%s, cut at every byte', (_name, linkType, bytes) => {
    for (let length = 0; length <= bytes.length; length += 1) {
      const cut = bytes.slice(0, length)
      // Cut by the sender, and cut by the capture.
      expectPayloadInside(decodeGuarded(cut, linkType, length), length)
      expectPayloadInside(decodeGuarded(cut, linkType, bytes.length), length)
    }
  })

  it.each(layeredFrames)('%s, with bytes changed at random', (_name, linkType, bytes) => {
    const random = seededRandom(7)
    for (let round = 0; round < 1500; round += 1) {
      const changed = bytes.slice(0, bytes.length - (round % 7))
      for (let change = 0; change <= round % 4; change += 1) {
        changed[random(changed.length)] = random(256)
      }
      expectPayloadInside(decodeGuarded(changed, linkType, changed.length), changed.length)
    }
  })

  it('random bytes on every link type', () => {
    const random = seededRandom(11)
    for (const linkType of [...Object.values(LinkType), 9999]) {
      for (let round = 0; round < 500; round += 1) {
        const bytes = Uint8Array.from({ length: random(120) }, () => random(256))
        expectPayloadInside(decodeGuarded(bytes, linkType, bytes.length), bytes.length)
      }
    }
  })
})
