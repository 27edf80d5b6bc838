/**
 * Finds the messages in one side's stream of "length, message" (DNS over TCP, SMB, Kerberos over TCP).
 *
 * A message's beginning is handed out as far as its first segment holds it; the rest is passed over.
 */
import type { Packet } from '../../../decode/index.ts'
import { endsInMessage, UNTOLD_LENGTH } from './message-ends.ts'
import { byteAt, type Payload, type PayloadPart } from '../payload.ts'

export class MessageFrames {
  readonly #lengthBytes: number
  readonly #lengthMask: number
  #packet: Packet | null = null
  #at = 0
  /** Bytes of a message begun earlier that are still to come. */
  #left = 0
  /** A length was cut by a segment's end: its bytes so far, and their value. */
  #lengthHave = 0
  #length = 0

  /** `lengthBytes`: how wide the length is; `lengthMask`: which of its bits count. */
  constructor(lengthBytes: number, lengthMask = 0x7fffffff) {
    this.#lengthBytes = lengthBytes
    this.#lengthMask = lengthMask
  }

  /** Says whether the next segment, or several, end within a message that is worth waiting for. */
  endsInMessage(payload: Payload): boolean {
    return this.#lengthHave === 0 && endsInMessage(payload, this.#left, this.#lengthAt)
  }

  readonly #lengthAt = (payload: Payload, at: number): number => {
    if (at + this.#lengthBytes > payload.payloadLength) return UNTOLD_LENGTH
    let length = 0
    for (let index = at; index < at + this.#lengthBytes; index += 1) {
      length = ((length << 8) | byteAt(payload, index)) & this.#lengthMask
    }
    return this.#lengthBytes + length
  }

  /** Takes a segment; after a loss what is left of the message before is shortened by it. */
  begin(packet: Packet, gap: number): void {
    this.#packet = packet
    this.#at = 0
    if (gap > 0 && gap <= this.#left) {
      this.#left -= gap
    } else if (gap > 0) {
      // The next message's beginning is lost: hope that the segment begins one.
      this.#left = 0
      this.#lengthHave = 0
    }
    const skipped = Math.min(this.#left, packet.payloadLength)
    this.#left -= skipped
    this.#at = skipped
  }

  /** Shows the next message that begins in the segment; false when there is none. */
  next(part: PayloadPart): boolean {
    const packet = this.#packet!
    while (this.#lengthHave < this.#lengthBytes) {
      const byte = byteAt(packet, this.#at)
      if (byte < 0) return false
      this.#length = ((this.#length << 8) | byte) & this.#lengthMask
      this.#lengthHave += 1
      this.#at += 1
    }
    // The length came alone: the message begins with the next segment.
    if (this.#at >= packet.payloadLength && this.#length > 0) return false
    const end = this.#at + this.#length
    part.show(packet, this.#at, end)
    this.#left = Math.max(0, end - packet.payloadLength)
    this.#at = end
    this.#lengthHave = 0
    this.#length = 0
    return true
  }
}
