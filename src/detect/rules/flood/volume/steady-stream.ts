/**
 * Packets that come to one host in an unbroken stream: whether they say anything, and whether the host says
 * anything back.
 *
 * A download, a call, a game and a tunnel never send the same twice and are answered; what repeats itself
 * thousands of times into silence, or into nothing but resets, is meant to do harm.
 */
import type { Packet } from '../../../../decode/packet.ts'
import { IpProtocol, TcpFlag } from '../../../../net/protocol.ts'
import { mix } from '../../state/pair-key.ts'
import { SlidingCounts } from '../../state/watch/sliding-counts.ts'

const PACKETS = 0
const REPEATED = 1
const SPOKEN = 2
const RESETS = 3
const BYTES = 4
const FIELDS = 5

/** Of a flood with one payload hardly a packet differs from the one before. */
const MIN_REPEATED = 0.95
/** Where a host replies to fewer than one in twenty, it does not take part. */
const MAX_SPOKEN = 0.05
/** Where a third of it is met by resets, it is of no connection. */
const MIN_RESETS = 0.33
/** So many times as much, of small packets and without any reply, is no stream of anything. */
const TORRENT_FACTOR = 25
const SMALL_BYTES = 400
/** Counters and lamps are told the same again and again in small datagrams; of large ones half as many are too many. */
const LARGE_FACTOR = 0.5
const MAX_TORRENT_SPOKEN = 0.001

/**
 * Audio by RTP (RFC 3550 §5.1): its numbers and its sound differ from packet to packet, but one speaker sends fifty or a
 * hundred a second. Its source is what is compared.
 */
const RTP = { version: 0x80, source: 8, header: 12 } as const
const VERSION_MASK = 0xc0

/** How much of a payload is compared; sequence numbers of media and measurement lie within. */
const COMPARED_BYTES = 32
const COMPARED_LOG_BYTES = 512
const LESS_THAN = 0x3c

export class SteadyStream {
  readonly #minPackets: number
  readonly #window = new SlidingCounts(FIELDS)
  #lastShape = 0

  constructor(minPackets: number) {
    this.#minPackets = minPackets
  }

  packet(packet: Packet): void {
    const nowUs = packet.timestampUs
    const shape = shapeOf(packet)
    this.#window.add(PACKETS, 1, nowUs)
    this.#window.add(BYTES, packet.payloadLength, nowUs)
    if (shape === this.#lastShape) this.#window.add(REPEATED, 1, nowUs)
    this.#lastShape = shape
  }

  /** The host itself sent something of the same protocol. */
  reply(packet: Packet): void {
    const isReset = (packet.tcpFlags & TcpFlag.RST) !== 0 && packet.protocol === IpProtocol.TCP
    this.#window.add(isReset ? RESETS : SPOKEN, 1, packet.timestampUs)
  }

  packets(nowUs: number): number {
    return this.#window.sum(PACKETS, nowUs)
  }

  peak(nowUs: number): number {
    return this.#window.peak(PACKETS, nowUs)
  }

  /** The host hardly says anything back. */
  isUnanswered(nowUs: number): boolean {
    return this.#window.sum(SPOKEN, nowUs) <= this.packets(nowUs) * MAX_SPOKEN
  }

  isFlood(nowUs: number): boolean {
    const packets = this.packets(nowUs)
    if (packets < this.#minPackets * LARGE_FACTOR) return false
    const spoken = this.#window.sum(SPOKEN, nowUs) / packets
    if (spoken > MAX_SPOKEN) return false
    const isSmall = this.#window.sum(BYTES, nowUs) <= packets * SMALL_BYTES
    const isRepeated = this.#window.sum(REPEATED, nowUs) >= packets * MIN_REPEATED
    if (packets < this.#minPackets) return isRepeated && !isSmall
    if (isRepeated || this.#window.sum(RESETS, nowUs) >= packets * MIN_RESETS) return true
    return isSmall && spoken <= MAX_TORRENT_SPOKEN && packets >= this.#minPackets * TORRENT_FACTOR
  }
}

/**
 * Hashes what a packet says: a datagram's payload, whoever sends it; a segment's numbers and its sender, since
 * the numbers of bare segments mean nothing but in their connection.
 */
function shapeOf(packet: Packet): number {
  if (packet.protocol === IpProtocol.TCP) {
    const numbers = mix(mix(packet.tcpSequence, packet.tcpAcknowledgement), packet.tcpFlags)
    return mix(mix(numbers, packet.source3), packet.sourcePort)
  }
  const { buffer, payloadOffset } = packet
  const isAudio = isRtpAudio(packet)
  const from = payloadOffset + (isAudio ? RTP.source : 0)
  const most = isLogLine(packet) ? COMPARED_LOG_BYTES : COMPARED_BYTES
  const length = isAudio ? RTP.header : Math.min(most, packet.payloadCaptured)
  let hash = packet.payloadLength
  for (let at = from; at < payloadOffset + length; at += 1) {
    hash = (Math.imul(hash, 31) + buffer[at]!) | 0
  }
  return hash
}

/** Syslog's priority (RFC 5424 §6.2.1); time and host follow it, which lines of one second have in common. */
function isLogLine({ buffer, payloadOffset, payloadCaptured, protocol }: Packet): boolean {
  if (protocol !== IpProtocol.UDP || payloadCaptured < 3) return false
  if (buffer[payloadOffset] !== LESS_THAN) return false
  const digit = buffer[payloadOffset + 1]!
  return digit >= 0x30 && digit <= 0x39
}

/** Video is of long packets, and as many. */
function isRtpAudio({
  buffer,
  payloadOffset,
  payloadLength,
  payloadCaptured,
  protocol,
}: Packet): boolean {
  if (protocol !== IpProtocol.UDP || payloadCaptured < RTP.header) return false
  if (payloadLength > SMALL_BYTES || payloadLength <= RTP.header) return false
  return (buffer[payloadOffset]! & VERSION_MASK) === RTP.version
}
