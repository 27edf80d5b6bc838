/**
 * Reads from the sizes of the server's segments how the logins of one SSH connection fared.
 *
 * Up to NEWKEYS SSH speaks in the clear (RFC 4253 §7.3). From then on each segment of the server holds, as
 * a rule, one message: the acceptance of the service request, whose payload is always 17 bytes (RFC 4253
 * §10), then an answer to every try: failure (of one size within a connection, RFC 4252 §5.1) or success,
 * whose payload is 1 byte and which is therefore exactly 16 bytes shorter than the service acceptance under
 * every cipher and MAC. The same reasoning is found in Zeek's SSH analyzer.
 * Left out: compression before authentication, and rekeying before it.
 */
import type { Packet } from '../../../decode/packet.ts'

const NEWKEYS = 21

/** Sizes of the encrypted service acceptance: 24 or 32 bytes and 4 of length, with every common MAC. */
const ACCEPTANCE_SIZES = new Set([32, 36, 40, 44, 48, 52, 56, 60, 64, 68, 72, 84, 96, 100])

const SUCCESS_IS_SHORTER_BY = 16

/** A failure lists the methods that remain; more than this beyond the acceptance is something else. */
const FAILURE_MAY_BE_LONGER_BY = 96

/** A try by RSA key is this long at least; an agent offers several, and that is no guessing. */
const KEY_TRY_BYTES = 250

const NEWLINE = 0x0a
const MAX_PACKET_BYTES = 65536

type Phase = 'banner' | 'clear' | 'keyed' | 'logging-in' | 'logged-in' | 'unreadable'

/** What a segment told of a login. */
export type LoginNews = 'none' | 'failure' | 'success'

export class SshConnection {
  readonly key: number
  readonly firstUs: number
  lastUs: number
  #phase: Phase = 'banner'
  /** Bytes of the clear packet at hand that are still to come. */
  #pendingBytes = 0
  #expectedSequence = -1
  #acceptanceBytes = 0
  #failureBytes = 0
  #lastTryBytes = 0
  #answers = 0
  #failures = 0

  constructor(key: number, nowUs: number) {
    this.key = key
    this.firstUs = nowUs
    this.lastUs = nowUs
  }

  get phase(): Phase {
    return this.#phase
  }

  /** Tries that failed so far; the first answer is taken for the customary try without a password. */
  get failedTries(): number {
    return this.#failures
  }

  /** The connection came as far as the first answer to a login. */
  get hasTried(): boolean {
    return this.#answers > 0
  }

  client(packet: Packet): void {
    this.lastUs = packet.timestampUs
    this.#lastTryBytes = packet.payloadLength
  }

  /** Takes a segment of the server; says what it told of a login. */
  server(packet: Packet): LoginNews {
    this.lastUs = packet.timestampUs
    if (this.#isRepeat(packet)) return 'none'
    switch (this.#phase) {
      case 'banner':
      case 'clear':
        this.#readClear(packet)
        return 'none'
      case 'keyed':
        this.#awaitAcceptance(packet.payloadLength)
        return 'none'
      case 'logging-in':
        return this.#readAnswer(packet.payloadLength)
      default:
        return 'none'
    }
  }

  #isRepeat(packet: Packet): boolean {
    const ahead = this.#expectedSequence < 0 ? 0 : (packet.tcpSequence - this.#expectedSequence) | 0
    if (ahead < 0) return true
    if (ahead > 0 && this.#phase !== 'logging-in') this.#phase = 'unreadable'
    this.#expectedSequence = (packet.tcpSequence + packet.payloadLength) >>> 0
    return false
  }

  #readClear(packet: Packet): void {
    const { buffer } = packet
    let at = packet.payloadOffset
    const end = at + packet.payloadCaptured
    if (this.#phase === 'banner') {
      while (at < end && buffer[at] !== NEWLINE) at += 1
      if (at === end) return
      at += 1
      this.#phase = 'clear'
    }
    const missing = packet.payloadLength - packet.payloadCaptured
    while (at < end) {
      if (this.#pendingBytes >= end - at) {
        this.#pendingBytes -= end - at + missing
        if (this.#pendingBytes < 0) this.#phase = 'unreadable'
        return
      }
      at += this.#pendingBytes
      this.#pendingBytes = this.#packetBytes(buffer, at, end)
      if (this.#phase !== 'clear') return
    }
    if (missing > 0) this.#phase = 'unreadable'
  }

  /** Reads the head of a clear packet: its length, and whether it is the last one in the clear. */
  #packetBytes(buffer: Uint8Array, at: number, end: number): number {
    if (end - at < 6) {
      this.#phase = 'unreadable'
      return 0
    }
    const view = new DataView(buffer.buffer, buffer.byteOffset)
    const bytes = view.getUint32(at) + 4
    if (bytes > MAX_PACKET_BYTES || bytes < 12) this.#phase = 'unreadable'
    else if (buffer[at + 5] === NEWKEYS) this.#phase = 'keyed'
    return bytes
  }

  #awaitAcceptance(bytes: number): void {
    // Anything longer is the server's list of extensions (RFC 8308), which may come first.
    if (!ACCEPTANCE_SIZES.has(bytes)) return
    this.#acceptanceBytes = bytes
    this.#phase = 'logging-in'
  }

  #readAnswer(bytes: number): LoginNews {
    if (bytes === this.#acceptanceBytes - SUCCESS_IS_SHORTER_BY) {
      this.#phase = 'logged-in'
      return 'success'
    }
    if (this.#failureBytes === 0) {
      const isFailure = bytes <= this.#acceptanceBytes + FAILURE_MAY_BE_LONGER_BY
      if (isFailure) this.#failureBytes = bytes
      this.#answers += 1
      return 'none'
    }
    this.#answers += 1
    if (bytes !== this.#failureBytes || this.#lastTryBytes >= KEY_TRY_BYTES) return 'none'
    this.#failures += 1
    return 'failure'
  }
}
