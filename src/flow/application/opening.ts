/**
 * A flow's first words, where they come in pieces too small to tell an application by.
 *
 * Nobody sends a hello byte by byte but who wants it unread, or types it. The pieces are joined for a
 * short while and shown as if they were one segment.
 */
import { Packet } from '../../decode/index.ts'
import { IpProtocol, TcpFlag } from '../../net/protocol.ts'
import { FactReader, Next, type ReadingContext } from './reader.ts'
import { Assembly } from './stream-buffers.ts'

/** First payloads shorter than this may be pieces; every application is told by fewer bytes. */
export const SHORT_OPENING = 16
/** So much joined and still unknown: it is none that we know. */
const LONG_ENOUGH = 64

const joined = new Packet()

/** Stands in the place of a reader until the application is known. */
export class Opening extends FactReader {
  readonly #assembly: Assembly
  readonly #side: number
  readonly #sequence: number

  constructor(context: ReadingContext, packet: Packet, side: number) {
    super(context)
    this.#assembly = new Assembly(context.buffers)
    this.#side = side
    this.#sequence = packet.tcpSequence + ((packet.tcpFlags & TcpFlag.SYN) === 0 ? 0 : 1)
    this.#assembly.wait(packet)
  }

  /** What the side has sent so far, this segment included, as one packet; null when there is no more to join. */
  join(packet: Packet, side: number): Packet | null {
    if (side !== this.#side || !this.#assembly.isUnderWay) return null
    const bytes = this.#assembly.add(packet)
    if (bytes === null) return null
    joined.kind = packet.kind
    joined.protocol = IpProtocol.TCP
    joined.sourcePort = packet.sourcePort
    joined.destinationPort = packet.destinationPort
    joined.tcpFlags = TcpFlag.ACK
    joined.tcpSequence = this.#sequence >>> 0
    joined.buffer = bytes.buffer
    joined.payloadOffset = bytes.payloadOffset
    joined.payloadCaptured = bytes.payloadCaptured
    joined.payloadLength = bytes.payloadLength
    return joined
  }

  /** Says whether joining more is of no use. */
  static isLongEnough(packet: Packet): boolean {
    return packet.payloadCaptured >= LONG_ENOUGH
  }

  override read(): number {
    return Next.MORE
  }

  override facts(): null {
    return null
  }

  override release(): void {
    this.#assembly.end(false)
    super.release()
  }
}
