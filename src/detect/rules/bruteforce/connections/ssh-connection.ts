/**
 * Reads from the sizes of the segments how the logins of one SSH connection fare.
 *
 * Until the client's NEWKEYS (RFC 4253 §7.3) SSH speaks in the clear. From then on each segment of the
 * server holds, as a rule, one message: the acceptance of the service request, whose payload is always 17
 * bytes (RFC 4253 §10), then an answer to every try: failure (of one size within a connection, RFC 4252
 * §5.1) or success, whose payload is 1 byte and which is therefore exactly 16 bytes shorter than the
 * acceptance under every cipher and MAC. The same reasoning is found in Zeek's SSH analyzer. Sizes on the
 * wire are enough, so captures that cut their packets short serve as well.
 * Where only the client is captured: its service request is as long as the acceptance, what it sends to log in
 * is longer, and once logged in it sends shorter messages (channel data, end of file, close).
 * Left out: compression before authentication, and rekeying before it.
 */
import type { Packet } from '../../../../decode/packet.ts'

const NEWKEYS = 21

/** NEWKEYS has one byte of payload; beyond the 12 bytes of the least padding some pad more. */
const MAX_NEWKEYS_BYTES = 255

/** Sizes of the encrypted service acceptance: 24 or 32 bytes and 4 of length, with every common MAC. */
const ACCEPTANCE_SIZES = new Set([32, 36, 40, 44, 48, 52, 56, 60, 64, 68, 72, 84, 96, 100])

const SUCCESS_IS_SHORTER_BY = 16

/** A failure lists the methods that remain; more than this beyond the acceptance is something else. */
const FAILURE_MAY_BE_LONGER_BY = 96

/** A try by RSA key is this long at least; an agent offers several, and that is no guessing. */
const KEY_TRY_BYTES = 250

/**
 * A request without a password (31 bytes and a name of 12, RFC 4252 §5.2, padded to 48) is longer than the acceptance by
 * this much at most, which none with a password is (40 bytes, a name, the password, §8; OpenSSH pads it to 64).
 */
const NO_PASSWORD_MORE_BYTES = 24

type Phase = 'clear' | 'keyed' | 'logging-in' | 'logged-in'

/** What a segment told of a login. */
export type LoginNews = 'none' | 'failure' | 'success'

export class SshConnection {
  readonly firstUs: number
  lastUs: number
  #phase: Phase = 'clear'
  #expectedSequence = -1
  #acceptanceBytes = 0
  #failureBytes = 0
  #lastTryBytes = 0
  #hasGuessed = false
  #clientSegments = 0
  #serviceRequestBytes = 0
  #clientTries = 0
  #clientWorked = false
  #failedTries = 0

  constructor(nowUs: number) {
    this.firstUs = nowUs
    this.lastUs = nowUs
  }

  get phase(): Phase {
    return this.#phase
  }

  /** Tries that failed so far; the first failure is taken for the customary try without a password. */
  get failedTries(): number {
    return this.#failedTries
  }

  /** At least one try failed that may have been a password: none is where a program has lost its key. */
  get hasGuessed(): boolean {
    return this.#hasGuessed
  }

  /** By the client's side alone: it tried to log in, with no key, and then never worked. */
  get seemsFailed(): boolean {
    return this.#clientTries > 0 && !this.#clientWorked
  }

  /** Of those, the tries beyond the customary one without a password. */
  get seeminglyFailedTries(): number {
    return this.seemsFailed ? this.#clientTries - 1 : 0
  }

  client(packet: Packet): void {
    this.lastUs = packet.timestampUs
    this.#clientSegments += 1
    this.#lastTryBytes = packet.payloadLength
    if (this.#phase !== 'clear') this.#readRequest(packet.payloadLength)
    else if (isNewKeys(packet)) this.#phase = 'keyed'
  }

  /** Takes a segment of the server; says what it told of a login. */
  server(packet: Packet): LoginNews {
    this.lastUs = packet.timestampUs
    if (this.#phase === 'logged-in' || beginsWithBanner(packet)) return 'none'
    // Without the client's side, the acceptance's size is the sign that the keys were exchanged.
    if (this.#phase === 'clear' && this.#clientSegments > 0) return 'none'
    if (this.#isRepeat(packet)) return 'none'
    if (this.#phase === 'logging-in') return this.#readAnswer(packet.payloadLength)
    // Anything longer is the server's list of extensions (RFC 8308), which may come first.
    if (ACCEPTANCE_SIZES.has(packet.payloadLength)) {
      this.#acceptanceBytes = packet.payloadLength
      this.#phase = 'logging-in'
    }
    return 'none'
  }

  #readRequest(bytes: number): void {
    if (this.#serviceRequestBytes === 0) {
      if (ACCEPTANCE_SIZES.has(bytes)) this.#serviceRequestBytes = bytes
      return
    }
    if (bytes < this.#serviceRequestBytes || bytes >= KEY_TRY_BYTES) this.#clientWorked = true
    else this.#clientTries += 1
  }

  #isRepeat(packet: Packet): boolean {
    const isFirst = this.#expectedSequence < 0
    if (!isFirst && ((packet.tcpSequence - this.#expectedSequence) | 0) < 0) return true
    this.#expectedSequence = (packet.tcpSequence + packet.payloadLength) >>> 0
    return false
  }

  #readAnswer(bytes: number): LoginNews {
    if (bytes === this.#acceptanceBytes - SUCCESS_IS_SHORTER_BY) {
      this.#phase = 'logged-in'
      return 'success'
    }
    if (this.#failureBytes === 0) {
      if (bytes > this.#acceptanceBytes + FAILURE_MAY_BE_LONGER_BY) return 'none'
      this.#failureBytes = bytes
      this.#hasGuessed = this.#mayBePassword()
      return 'none'
    }
    if (bytes !== this.#failureBytes || this.#lastTryBytes >= KEY_TRY_BYTES) return 'none'
    this.#hasGuessed = true
    this.#failedTries += 1
    return 'failure'
  }

  /** Of a connection's first try: a client that was not seen may have sent anything. */
  #mayBePassword(): boolean {
    if (this.#lastTryBytes === 0) return true
    const more = this.#lastTryBytes - this.#acceptanceBytes
    return more > NO_PASSWORD_MORE_BYTES && this.#lastTryBytes < KEY_TRY_BYTES
  }
}

/** `SSH-` (RFC 4253 §4.2). */
export function beginsWithBanner(packet: Packet): boolean {
  if (packet.payloadCaptured < 4) return false
  const { buffer, payloadOffset: at } = packet
  const isSsh = buffer[at] === 0x53 && buffer[at + 1] === 0x53 && buffer[at + 2] === 0x48
  return isSsh && buffer[at + 3] === 0x2d
}

/** A clear packet that is NEWKEYS: length, padding, 21. */
function isNewKeys(packet: Packet): boolean {
  if (packet.payloadCaptured < 6) return false
  const { buffer, payloadOffset: at } = packet
  const length = buffer[at + 3]!
  const isShort = buffer[at] === 0 && buffer[at + 1] === 0 && buffer[at + 2] === 0
  return isShort && length >= 12 && length <= MAX_NEWKEYS_BYTES && buffer[at + 5] === NEWKEYS
}
