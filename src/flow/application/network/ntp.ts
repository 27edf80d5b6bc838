/** NTP (RFC 5905) and its private mode 7, whose `monlist` amplifies. Left out: times. */
import type { Packet } from '../../../decode/index.ts'
import type { ApplicationFacts } from '../facts.ts'
import { byteAt, type Payload } from '../payload.ts'
import { FactReader, Next } from '../reader.ts'

const PRIVATE_MODE = 7
const CONTROL_MODE = 6
/** MON_GETLIST and MON_GETLIST_1 (ntp_request.h of ntpd 4.2.6). */
const MONLIST_CODES = [20, 42]
const REQUEST_CODE = 3

/** The header has no mark of its own: version and mode must fit; the caller has checked the port. */
export function isNtp(payload: Payload, first: number): boolean {
  const version = (first >>> 3) & 7
  const mode = first & 7
  if (first < 0 || version < 1 || version > 4 || mode === 0) return false
  // Modes 6 and 7 are control and private: shorter than the 48 bytes of time messages.
  return mode >= CONTROL_MODE ? payload.payloadLength >= 8 : payload.payloadLength >= 48
}

export class NtpReader extends FactReader {
  #version = 0
  #mode = 0
  #isMonlist = false
  #messages = 0

  override read(packet: Packet): number {
    const first = byteAt(packet, 0)
    if (!isNtp(packet, first)) return Next.MORE
    const mode = first & 7
    const isMonlist = mode === PRIVATE_MODE && MONLIST_CODES.includes(byteAt(packet, REQUEST_CODE))
    this.#messages += 1
    const isNew = this.#messages === 1 || (isMonlist && !this.#isMonlist)
    if (!isNew) return Next.MORE
    this.#version = (first >>> 3) & 7
    this.#mode = mode
    this.#isMonlist = isMonlist
    if (this.context.isHeard) this.context.tell(this.#own())
    return Next.MORE
  }

  #own(): ApplicationFacts & { kind: 'ntp' } {
    return {
      kind: 'ntp',
      version: this.#version,
      mode: this.#mode,
      isMonlist: this.#isMonlist,
      messages: this.#messages,
    }
  }

  override facts(): ApplicationFacts | null {
    return this.#messages === 0 ? null : this.#own()
  }
}
