/**
 * RDP's connection request and confirm (MS-RDPBCGR §2.2.1.1 and §2.2.1.2); of what
 * follows in the clear only whether the client asks for the server's own channel (CVE-2019-0708).
 */
import type { Packet } from '../../../decode/index.ts'
import type { RdpFacts } from '../facts.ts'
import { endsInMessage, NO_MESSAGE, UNTOLD_LENGTH } from '../streams/message-ends.ts'
import {
  byteAt,
  findWord,
  lineEnd,
  pattern,
  textAt,
  uint16At,
  uint32LittleAt,
  type Payload,
} from '../payload.ts'
import { FactReader, Next } from '../reader.ts'

const REQUEST = 0xe0
const CONFIRM = 0xd0
const KIND_AT = 5
/** Parameters of X.224 (§13.3.4): size of messages, calling and called selector. */
const TPDU_SIZE = 0xc0
const CALLED_SELECTOR = 0xc2
/** TPKT, X.224. */
const HEADER = 11
const COOKIE = pattern('MSTSHASH=')
const LONGEST_USER = 64
/** Channels are eight bytes, filled up with zeros (MS-RDPBCGR §2.2.1.3.4.1). */
const SERVER_CHANNEL = pattern('MS_T120\0')
/** A client's messages looked at after the negotiation. */
const MOST_LOOKS = 2
const NEGOTIATION_RESPONSE = 2
const NEGOTIATION_FAILURE = 3
const SECURITY = new Map([
  [0, 'rdp'],
  [1, 'tls'],
  [2, 'credssp'],
  [4, 'rdstls'],
  [8, 'credssp-ex'],
])

/** TPKT with an X.224 connection request or confirm (RFC 1006). */
export function isRdp(payload: Payload, first: number): boolean {
  if (first !== 3 || byteAt(payload, 1) !== 0) return false
  if (uint16At(payload, 2) !== payload.payloadLength) return false
  const kind = byteAt(payload, KIND_AT)
  // Machine controllers (S7) come over X.224 too, with parameters where RDP has a cookie or its negotiation.
  const next = byteAt(payload, HEADER)
  return (kind === REQUEST || kind === CONFIRM) && (next < TPDU_SIZE || next > CALLED_SELECTOR)
}

/** Of TPKT; without security the messages behind the first two come in it too. */
function lengthAt(payload: Payload, at: number): number {
  if (byteAt(payload, at) !== 3) return NO_MESSAGE
  return at + 4 > payload.payloadLength ? UNTOLD_LENGTH : Math.max(4, uint16At(payload, at + 2))
}

export class RdpReader extends FactReader {
  #user: string | null = null
  #security: string | null = null
  #looks = 0

  override read(packet: Packet, side: number): number {
    if (this.#security !== null) return side === 0 ? this.#lookForChannel(packet) : Next.TURN
    if (!isRdp(packet, byteAt(packet, 0))) return Next.DONE
    if (byteAt(packet, KIND_AT) === REQUEST) {
      const cookie = findWord(packet, COOKIE, HEADER, packet.payloadCaptured)
      const from = cookie + COOKIE.length
      const end = cookie < 0 ? 0 : lineEnd(packet, from)
      this.#user = cookie < 0 ? null : this.keep(textAt(packet, from, end, LONGEST_USER))
      return Next.TURN
    }
    const answer = byteAt(packet, HEADER)
    if (answer === NEGOTIATION_RESPONSE) {
      this.#security = SECURITY.get(uint32LittleAt(packet, HEADER + 4)) ?? 'other'
    } else {
      this.#security = answer === NEGOTIATION_FAILURE ? 'refused' : 'rdp'
    }
    if (this.context.isHeard) this.context.tell(this.facts())
    return this.#security === 'rdp' && this.context.isHeard ? Next.MORE : Next.DONE
  }

  protected override isPiece(payload: Payload): boolean {
    return endsInMessage(payload, 0, lengthAt)
  }

  #lookForChannel(packet: Packet): number {
    this.#looks += 1
    if (findWord(packet, SERVER_CHANNEL, 0, packet.payloadCaptured) >= 0) {
      this.context.tell({ kind: 'rdp-channel', name: 'MS_T120' })
      return Next.DONE
    }
    return this.#looks < MOST_LOOKS ? Next.MORE : Next.DONE
  }

  override facts(): RdpFacts {
    return { kind: 'rdp', user: this.#user, security: this.#security }
  }
}
