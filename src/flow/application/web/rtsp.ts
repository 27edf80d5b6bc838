/**
 * RTSP (RFC 7826): logins at cameras by Basic and Digest, and how they are taken.
 *
 * Left out: what is streamed.
 */
import type { Packet } from '../../../decode/index.ts'
import type { Credentials } from '../login/sasl-exchange.ts'
import { latin1At, pattern, startsWith, startsWithAny, type Payload } from '../payload.ts'
import { FactReader, Next } from '../reader.ts'
import { credentialsOf } from './http-login.ts'

const VERSION = pattern('RTSP/')
const METHODS = ['DESCRIBE rtsp', 'SETUP rtsp', 'OPTIONS rtsp', 'PLAY rtsp', 'OPTIONS * RTSP/'].map(
  pattern,
)
const AUTHORIZATION = /\r\nauthorization: *(\w+) +([^\r\n]{1,1024})/i
const STATUS = /^RTSP\/\d\.\d (\d{3})/
/** Longer heads are read as far as one segment holds them. */
const LONGEST_HEAD = 4096
const UNAUTHORIZED = 401
const OK = 200
/** Payloads of a connection that may still be a login; guessers stay on one for many tries. */
const MOST_PAYLOADS = 4096

/** A status line, or a request for an rtsp URI. */
export function isRtsp(payload: Payload): boolean {
  return startsWith(payload, VERSION) || startsWithAny(payload, METHODS)
}

export class RtspReader extends FactReader {
  #asked: Credentials | null = null
  #payloads = 0

  override read(packet: Packet, side: number): number {
    this.#payloads += 1
    if (this.#payloads > MOST_PAYLOADS || !this.context.isHeard) return Next.DONE
    if (startsWith(packet, VERSION)) return this.#answered(latin1At(packet))
    if (side === 0 && startsWithAny(packet, METHODS)) {
      const [, scheme = '', value = ''] = AUTHORIZATION.exec(latin1At(packet)) ?? []
      this.#asked = credentialsOf(scheme.toLowerCase(), value)
    }
    return Next.MORE
  }

  protected override isPiece(payload: Payload): boolean {
    const isHead = startsWith(payload, VERSION) || startsWithAny(payload, METHODS)
    const isShort = payload.payloadLength < LONGEST_HEAD
    return isHead && isShort && !latin1At(payload).includes('\r\n\r\n')
  }

  #answered(head: string): number {
    const status = Number(STATUS.exec(head)?.[1] ?? 0)
    const asked = this.#asked
    this.#asked = null
    if (asked === null || (status !== UNAUTHORIZED && status !== OK)) return Next.MORE
    const outcome = status === OK ? 'success' : 'failure'
    const code = String(status)
    this.context.tell({ kind: 'login', application: 'rtsp', outcome, code, ...asked })
    return outcome === 'success' ? Next.DONE : Next.MORE
  }

  /** There is nothing to keep beyond the logins. */
  override facts(): null {
    return null
  }
}
