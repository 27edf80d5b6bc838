/** Damaged frames through the decoders: nothing thrown, nothing read outside, the payload within the frame. */
import { Decoder, decodeQuotedPacket, Packet, PacketKind } from '../../../src/decode/index.ts'
import type { Frame } from '../../../src/capture/source.ts'
import { GuardedBytes } from '../../support/packets/guarded-bytes.ts'
import { Violation, type Layer, type Random } from '../layer.ts'
import { mutateFrame } from '../mutate.ts'
import { PoisonedBuffer } from '../poisoned.ts'
import type { SeedCapture, SeedFrame } from '../seeds.ts'

const FRAMES_A_ROUND = 200
/** The guard costs fifty times as much as the poison, and says which byte was read. */
const GUARDED_ONE_IN = 50

export interface Decodes {
  decode(frame: Frame, packet: Packet): void
}

/** Makes the layer; `newDecoder` may be another one to see that the layer finds its faults. */
export function framesLayer(
  seeds: readonly SeedCapture[],
  newDecoder: () => Decodes = () => new Decoder(),
): Layer {
  const one = new Side(newDecoder(), 0x00)
  const other = new Side(newDecoder(), 0xff)
  const guarded = new Side(newDecoder(), 0x00)
  return {
    name: 'frames',
    round(random) {
      for (let count = 0; count < FRAMES_A_ROUND; count += 1) {
        const frame = mutateFrame(anyFrame(seeds, random), anyFrame(seeds, random), random)
        expectSame(one.decode(frame), other.decode(frame), frame)
        if (random(GUARDED_ONE_IN) === 0) guarded.decodeGuarded(frame)
      }
      return FRAMES_A_ROUND
    },
  }
}

function anyFrame(seeds: readonly SeedCapture[], random: Random): SeedFrame {
  const { frames } = seeds[random(seeds.length)]!
  return frames[random(frames.length)]!
}

/** A decoder with packets and a poison of its own. */
class Side {
  readonly #decoder: Decodes
  readonly #buffer: PoisonedBuffer
  readonly #packet = new Packet()
  readonly #quoted = new Packet()

  constructor(decoder: Decodes, poison: number) {
    this.#decoder = decoder
    this.#buffer = new PoisonedBuffer(poison)
  }

  /** Decodes the frame, and what its payload would be if it were an ICMP error's. */
  decode(frame: SeedFrame): string {
    return this.#decodeLaid(this.#buffer.lay(frame))
  }

  decodeGuarded(frame: SeedFrame): void {
    const { timestampUs, linkType, wireLength, bytes } = frame
    const buffer = new GuardedBytes(bytes).view
    const laid = { timestampUs, linkType, wireLength, buffer, offset: 0 }
    this.#decodeLaid({ ...laid, capturedLength: bytes.length })
  }

  #decodeLaid(frame: Frame): string {
    const packet = this.#packet
    this.#decoder.decode(frame, packet)
    expectInside(packet, frame)
    const fields = fieldsOf(packet)
    if (packet.kind !== PacketKind.IP) return fields
    const isQuote = decodeQuotedPacket(packet, this.#quoted)
    expectInside(this.#quoted, frame)
    return `${fields} quotes ${isQuote} ${fieldsOf(this.#quoted)}`
  }
}

function expectInside({ payloadOffset, payloadCaptured }: Packet, frame: Frame): void {
  const end = frame.offset + frame.capturedLength
  const isInside = payloadOffset >= frame.offset && payloadOffset + payloadCaptured <= end
  if (payloadCaptured < 0 || (payloadCaptured > 0 && !isInside)) {
    throw new Violation(`payload ${payloadOffset} + ${payloadCaptured} outside of ${end}`)
  }
}

function fieldsOf(packet: Packet): string {
  const fields = Object.entries(packet).filter(([name]) => name !== 'buffer')
  const wrong = fields.find(([, value]) => typeof value === 'number' && !Number.isFinite(value))
  if (wrong !== undefined) throw new Violation(`${wrong[0]} is ${wrong[1]}`)
  return fields.map(([, value]) => String(value)).join(' ')
}

function expectSame(one: string, other: string, { bytes, linkType }: SeedFrame): void {
  if (one === other) return
  const hex = Buffer.from(bytes).toString('hex')
  throw new Violation(
    `read outside of a frame of link type ${linkType}: ${hex}\n  ${one}\n  ${other}`,
  )
}
