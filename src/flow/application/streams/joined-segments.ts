/** Segments of one side, put together and shown as if they were one. */
import { Packet } from '../../../decode/index.ts'
import { TcpFlag } from '../../../net/protocol.ts'
import type { Payload } from '../payload.ts'
import { firstByteOf } from './segment-order.ts'
import { Assembly, type StreamBuffers } from './stream-buffers.ts'

const joined = new Packet()

export class JoinedSegments {
  /** Whose segments they are. */
  readonly side: number
  readonly #assembly: Assembly
  readonly #sequence: number
  #bytes: number

  /** Begins with a segment, which is copied. */
  constructor(buffers: StreamBuffers, packet: Packet, side: number) {
    this.side = side
    this.#assembly = new Assembly(buffers)
    this.#sequence = firstByteOf(packet)
    this.#bytes = packet.payloadLength
    this.#assembly.wait(packet)
  }

  /** How many bytes there are, also where not all are kept. */
  get bytes(): number {
    return this.#bytes
  }

  /** There is room for more. */
  get isOpen(): boolean {
    return this.#assembly.isUnderWay
  }

  /** All of them with this one, valid until the next call of anybody's; null when they are given up. */
  add(packet: Packet): Packet | null {
    if (!this.isOpen) return null
    const end = (firstByteOf(packet) + packet.payloadLength - this.#sequence) | 0
    this.#bytes = Math.max(this.#bytes, end)
    return this.#shown(packet, this.#assembly.add(packet))
  }

  /** What there is; null when it was given up. */
  show(): Packet | null {
    return this.#shown(joined, this.#assembly.bytes)
  }

  /** More is waited for: false when there is no room. */
  wait(packet: Packet): boolean {
    return this.#assembly.wait(packet)
  }

  end(): void {
    this.#assembly.end(false)
  }

  #shown(like: Packet, bytes: Payload | null): Packet | null {
    if (bytes === null) return null
    Object.assign(joined, like)
    joined.tcpFlags &= ~TcpFlag.SYN
    joined.tcpSequence = this.#sequence >>> 0
    joined.buffer = bytes.buffer
    joined.payloadOffset = bytes.payloadOffset
    joined.payloadCaptured = bytes.payloadCaptured
    joined.payloadLength = Math.max(this.#bytes, bytes.payloadLength)
    return joined
  }
}
