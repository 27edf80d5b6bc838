/**
 * SIP (RFC 3261) over UDP and TCP: what is asked and answered, and how registrations end. A first refusal only
 * asks for credentials (§22.2), so that a login is refused where a request that had some is.
 *
 * Left out: what is said in calls; messages behind the first of a segment.
 */
import type { Packet } from '../../../decode/index.ts'
import { findByte, findWord, lineEnd, pattern, startsWith, startsWithAny, textAt, type Payload } from '../payload.ts' // prettier-ignore
import { FactReader, Next } from '../reader.ts'

const VERSION = pattern('SIP/2.0 ')
const REQUESTS = [
  'REGISTER sip',
  'INVITE sip',
  'OPTIONS sip',
  'SUBSCRIBE sip',
  'NOTIFY sip',
  'BYE sip',
].map(pattern)
const REGISTER = pattern('REGISTER ')
const REGISTERING = pattern(' REGISTER\r')
const AUTHORIZATION = pattern('\nAUTHORIZATION:')
const TO = pattern('\nTO:')
const SHORT_TO = pattern('\nT:')
const SIP_URI = pattern('SIP:')
const AT = 0x40
const SEQUENCE = pattern('\nCSEQ:')
const AGENT = pattern('\nUSER-AGENT:')
const SPACE = 0x20
const LONGEST_USER = 64
const LONGEST_METHOD = 16
const LONGEST_AGENT = 128
/** Heads are short; what is behind is a body. */
const SEARCHED_BYTES = 2048
/** Refused (401, 403), no such user (404), a proxy's refusal (407). */
const CHALLENGES = ['401', '407']
const REFUSALS = ['403', '404']
/** Answers awaited at a time; guessers do not wait for one before they send the next. */
const MOST_AWAITED = 1024

/** A request or a status line. */
export function isSip(payload: Payload): boolean {
  return startsWith(payload, VERSION) || startsWithAny(payload, REQUESTS)
}

export class SipReader extends FactReader {
  /** Registrations with credentials that no answer has come to yet. */
  #awaited = 0

  override read(packet: Packet, side: number): number {
    if (!this.context.isHeard) return Next.DONE
    this.#tellMessage(packet, side)
    if (startsWith(packet, REGISTER)) {
      const hasProof = findWord(packet, AUTHORIZATION, 0, SEARCHED_BYTES) >= 0
      if (hasProof && this.#awaited < MOST_AWAITED) this.#awaited += 1
    } else if (startsWith(packet, VERSION)) this.#readStatus(packet)
    return Next.MORE
  }

  #tellMessage(payload: Payload, side: number): void {
    const isResponse = startsWith(payload, VERSION)
    if (!isResponse && !startsWithAny(payload, REQUESTS)) return
    this.context.tell({
      kind: 'sip',
      isFromResponder: side !== 0,
      method: isResponse ? methodAnswered(payload) : wordAt(payload, 0),
      status: isResponse ? Number(textAt(payload, VERSION.length, VERSION.length + 3, 3)) : null,
      user: userOf(payload),
      userAgent: agentOf(payload),
    })
  }

  #readStatus(payload: Payload): void {
    if (findWord(payload, REGISTERING, VERSION.length, SEARCHED_BYTES) < 0) return
    const code = textAt(payload, VERSION.length, VERSION.length + 3, 3)
    const isAwaited = this.#awaited > 0
    if (code.startsWith('1') || (!isAwaited && !REFUSALS.includes(code))) return
    if (isAwaited) this.#awaited -= 1
    const isRefused = CHALLENGES.includes(code) || REFUSALS.includes(code)
    if (!isRefused && !code.startsWith('2')) return
    const outcome = isRefused ? 'failure' : 'success'
    const user = userOf(payload)
    this.context.tell({ kind: 'login', application: 'sip', outcome, user, code, secret: null })
  }

  /** There is nothing to keep of registrations. */
  override facts(): null {
    return null
  }
}

/** The method that a status line answers: behind the number in CSeq (RFC 3261 §20.16). */
function methodAnswered(payload: Payload): string | null {
  const at = findWord(payload, SEQUENCE, 0, SEARCHED_BYTES)
  if (at < 0) return null
  const line = textAt(payload, at + SEQUENCE.length, lineEnd(payload, at + 1), 32)
  return /^\s*\d+\s+([A-Z]{1,16})/.exec(line)?.[1] ?? null
}

function agentOf(payload: Payload): string | null {
  const at = findWord(payload, AGENT, 0, SEARCHED_BYTES)
  if (at < 0) return null
  const from = at + AGENT.length
  return textAt(payload, from, lineEnd(payload, from), LONGEST_AGENT).trim()
}

function wordAt(payload: Payload, from: number): string | null {
  const end = findByte(payload, SPACE, from, from + LONGEST_METHOD)
  return end < 0 ? null : textAt(payload, from, end, LONGEST_METHOD)
}

/** The user in To, who is to be registered (RFC 3261 §10.2). */
function userOf(payload: Payload): string | null {
  const long = findWord(payload, TO, 0, SEARCHED_BYTES)
  const at = long >= 0 ? long : findWord(payload, SHORT_TO, 0, SEARCHED_BYTES)
  const uri = at < 0 ? -1 : findWord(payload, SIP_URI, at, at + 256)
  if (uri < 0) return null
  const from = uri + SIP_URI.length
  const end = findByte(payload, AT, from, from + LONGEST_USER + 1)
  return end < 0 ? null : textAt(payload, from, end, LONGEST_USER)
}
