/**
 * Looks into the first payloads of what HTTP was asked to carry, CONNECT's or a WebSocket's, for SSH, which says what
 * it is in its first line (RFC 4253 §4.2).
 *
 * Left out: what a WebSocket's client says, which is masked (RFC 6455 §5.3).
 */
import type { Packet } from '../../../decode/index.ts'
import { lineEnd, pattern, startsWith, textAt } from '../payload.ts'
import { Next, type ReadingContext } from '../reader.ts'

const SSH = pattern('SSH-')
/** A WebSocket's frame begins with two to four bytes before what it carries. */
const LONGEST_FRAME_HEAD = 4
const MOST_PAYLOADS = 6
const LONGEST_LINE = 128

export class CarriedProtocol {
  readonly #mayBeHttp: boolean
  #payloads = 0

  /** `mayBeHttp`: HTTP may follow, as it does behind CONNECT. */
  constructor(mayBeHttp: boolean) {
    this.#mayBeHttp = mayBeHttp
  }

  /** `TURN` where the payload is none of SSH, and may be HTTP. */
  read(packet: Packet, own: 0 | 1, context: ReadingContext): number {
    this.#payloads += 1
    if (this.#payloads <= MOST_PAYLOADS) {
      for (let at = 0; at <= LONGEST_FRAME_HEAD; at += 1) {
        if (!startsWith(packet, SSH, at)) continue
        const text = textAt(packet, at, lineEnd(packet, at), LONGEST_LINE)
        context.tell({ kind: 'banner', application: 'ssh', isFromResponder: own === 1, text })
        return Next.DONE
      }
    }
    if (this.#mayBeHttp) return Next.TURN
    return this.#payloads < MOST_PAYLOADS ? Next.MORE : Next.DONE
  }
}
