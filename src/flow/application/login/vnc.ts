/**
 * VNC (RFB, RFC 6143 §7.1 and §7.2.2): how logins by VNC Authentication end. They name no user.
 *
 * Left out: other security types (TLS, Tight); all that follows a login.
 */
import type { Packet } from '../../../decode/index.ts'
import { byteAt, pattern, startsWith, uint32At, type Payload } from '../payload.ts'
import { FactReader, Next } from '../reader.ts'

const BANNER = pattern('RFB 0')
const BANNER_BYTES = 12
/** Both the challenge and the response to it. */
const CHALLENGE_BYTES = 16
const OK = 0
/** Payloads of an exchange that is still a login. */
const MOST_PAYLOADS = 12

/** The version line with which both sides begin. */
export function isVnc(payload: Payload): boolean {
  return startsWith(payload, BANNER)
}

export class VncReader extends FactReader {
  #serverSide = -1
  #payloads = 0
  #isChallenged = false

  override read(packet: Packet, side: number): number {
    // The server speaks first.
    if (this.#serverSide < 0) this.#serverSide = side
    this.#payloads += 1
    if (this.#payloads > MOST_PAYLOADS) return Next.DONE
    if (side !== this.#serverSide || startsWith(packet, BANNER)) return Next.MORE
    if (this.#isChallenged) return this.#endLogin(uint32At(packet, 0))
    // RFB 3.3 names the security type in four bytes, which may come in one segment with the challenge.
    const { payloadLength } = packet
    this.#isChallenged = payloadLength === CHALLENGE_BYTES || isTypeAndChallenge(packet)
    return payloadLength > BANNER_BYTES && !this.#isChallenged ? Next.DONE : Next.MORE
  }

  #endLogin(result: number): number {
    if (result < 0 || !this.context.isHeard) return Next.DONE
    const outcome = result === OK ? 'success' : 'failure'
    const code = String(result)
    this.context.tell({
      kind: 'login',
      application: 'vnc',
      outcome,
      user: null,
      code,
      secret: null,
    })
    return Next.DONE
  }

  /** There is nothing to keep beyond the login. */
  override facts(): null {
    return null
  }
}

function isTypeAndChallenge(packet: Packet): boolean {
  return packet.payloadLength === 4 + CHALLENGE_BYTES && byteAt(packet, 3) === 2
}
