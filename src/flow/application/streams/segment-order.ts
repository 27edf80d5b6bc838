/**
 * Brings TCP segments into order before they are read: what comes before the bytes that precede it is held
 * until those have come.
 *
 * Networks reorder a little, and whoever wants a request unread sends its pieces in the wrong order. A hole that is
 * not filled before the other side speaks was the capture's, not the network's: what is held is then read with it.
 */
import { Packet } from '../../../decode/index.ts'
import { TcpFlag } from '../../../net/protocol.ts'

/** Of one flow; more disorder than that is a loss. */
const MOST_SEGMENTS = 8
/** Longer ones are read as they come: nobody hides in them, and they would cost much to copy. */
const LONGEST_SEGMENT = 4096
/** Flows with held segments: with the above 8 MiB at the very most. */
const MOST_FLOWS = 256

/** Hands a segment to whoever reads the flow; `gap` as of `FactReader.read`. */
type Deliver = (record: number, packet: Packet, side: number, gap: number) => void

interface Held {
  readonly side: number
  /** The sequence number of the byte that is missing. */
  missing: number
  readonly segments: Packet[]
}

/** Says where a segment's payload begins in its side's stream: a SYN takes a number of its own. */
export function firstByteOf({ tcpSequence, tcpFlags }: Packet): number {
  return (tcpSequence + ((tcpFlags & TcpFlag.SYN) === 0 ? 0 : 1)) | 0
}

/** Fills `target` with what a segment holds from `from` on, as a segment of its own. */
export function restOf(packet: Packet, from: number, target: Packet): Packet {
  Object.assign(target, packet)
  target.tcpSequence = (firstByteOf(packet) + from) >>> 0
  target.tcpFlags &= ~TcpFlag.SYN
  target.payloadOffset = packet.payloadOffset + from
  target.payloadCaptured = Math.max(0, packet.payloadCaptured - from)
  target.payloadLength = packet.payloadLength - from
  return target
}

export class SegmentOrder {
  readonly #deliver: Deliver
  readonly #held = new Map<number, Held>()
  #lost = 0

  constructor(deliver: Deliver) {
    this.#deliver = deliver
  }

  /** Nothing is held: segments without a gap need not come by here. */
  get isIdle(): boolean {
    return this.#held.size === 0
  }

  /** Flows whose held segments were dropped unread, since others needed their place. */
  get lost(): number {
    return this.#lost
  }

  /** Takes a segment, and delivers what it completes; at once where order does not matter. */
  take(record: number, packet: Packet, side: number, gap: number): void {
    const held = this.#held.get(record)
    if (held !== undefined && held.side === side) {
      this.#takeOn(record, held, packet, gap)
      return
    }
    if (held !== undefined) this.settle(record)
    if (gap > 0 && isHoldable(packet)) this.#hold(record, packet, side, gap)
    else this.#deliver(record, packet, side, gap)
  }

  /** Delivers what is held of a flow, holes and all. */
  settle(record: number): void {
    const held = this.#held.get(record)
    if (held === undefined) return
    this.#held.delete(record)
    for (const segment of held.segments) this.#deliverNext(record, held, segment)
  }

  #takeOn(record: number, held: Held, packet: Packet, gap: number): void {
    const offset = (firstByteOf(packet) - held.missing) | 0
    if (offset > 0 && isHoldable(packet) && held.segments.length < MOST_SEGMENTS) {
      insert(held.segments, copyOf(packet))
    } else if (offset > 0) {
      this.settle(record)
      this.#deliver(record, packet, held.side, gap)
    } else if (offset + packet.payloadLength > 0) {
      this.#deliverNext(record, held, packet)
      this.#deliverReached(record, held)
    } else {
      this.#deliver(record, packet, held.side, offset)
    }
  }

  #hold(record: number, packet: Packet, side: number, gap: number): void {
    if (this.#held.size >= MOST_FLOWS) this.#dropOldest()
    const missing = (firstByteOf(packet) - gap) | 0
    this.#held.set(record, { side, missing, segments: [copyOf(packet)] })
  }

  #dropOldest(): void {
    for (const record of this.#held.keys()) {
      this.#held.delete(record)
      this.#lost += 1
      return
    }
  }

  #deliverReached(record: number, held: Held): void {
    const { segments } = held
    while (segments.length > 0 && ((firstByteOf(segments[0]!) - held.missing) | 0) <= 0) {
      this.#deliverNext(record, held, segments.shift()!)
    }
    if (segments.length === 0) this.#held.delete(record)
  }

  #deliverNext(record: number, held: Held, segment: Packet): void {
    const gap = (firstByteOf(segment) - held.missing) | 0
    const end = (firstByteOf(segment) + segment.payloadLength) | 0
    if (((end - held.missing) | 0) > 0) held.missing = end
    this.#deliver(record, segment, held.side, gap)
  }
}

function isHoldable({ payloadCaptured }: Packet): boolean {
  return payloadCaptured <= LONGEST_SEGMENT
}

/** A copy with bytes of its own: packets are valid only until the next one. */
function copyOf(packet: Packet): Packet {
  const copy = Object.assign(new Packet(), packet)
  const from = packet.payloadOffset
  copy.buffer = packet.buffer.slice(from, from + packet.payloadCaptured)
  copy.payloadOffset = 0
  return copy
}

/** Keeps segments in the order of their bytes; of two that begin alike the one that came first stays first. */
function insert(segments: Packet[], segment: Packet): void {
  const from = firstByteOf(segment)
  const behind = segments.findIndex((other) => ((firstByteOf(other) - from) | 0) > 0)
  segments.splice(behind < 0 ? segments.length : behind, 0, segment)
}
