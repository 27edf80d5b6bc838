/**
 * Logins in protocols we do not know: a server that says in words that it let nobody in, and SOCKS, which says it
 * by a number (RFC 1929).
 *
 * NNTP, IRC, XMPP, rsync, MongoDB, Oracle, AMQP, STOMP and the consoles of appliances refuse in much the same
 * English. Left out: who was let in, which each says in its own way; what is refused later on.
 */
import type { Packet } from '../../../decode/index.ts'
import type { LoginFact } from '../facts.ts'
import { secretDigest } from '../login/secret-digest.ts'
import { byteAt, latin1At, textAt, uint16At } from '../payload.ts'

/** Segments of a conversation among which a login is looked for; each refusal earns as many. */
const MOST_SEGMENTS = 16
/** Refusals told of a conversation. */
const MOST_REFUSALS = 16
/** A refusal is short, and so is what is refused. */
const LONGEST = 512

const REFUSAL =
  /\bauth(?:entication|orization|entification)?[ _-]?(?:has |was )?(?:failed|failure|error|rejected|refused)|\blog[io]n (?:has |was )?(?:failed|failure|incorrect|invalid|denied|refused|rejected)|\b(?:invalid|wrong|bad|incorrect) (?:user(?: ?name)?|login|pass(?:word|wd)?|credentials?)\b|\bpassword (?:is |are )?(?:incorrect|invalid|wrong|mismatch)|\bnot[ -]authorized\b|\baccess[_ ]refused\b/i

/** The password stands in what the client said, as it is or in base 64. */
const CLEAR = /\bpass(?:word|code)?\b|\bPLAIN\b|'PLAIN'|"PLAIN"/i

/** A server's last words before a password. */
const ASKS_PASSWORD = /\bpass(?:word|wd|code|phrase)? ?(?:for [\w.@-]{1,64})?: ?$/i

const SOCKS_REFUSED = 0x0100

interface Offer extends Pick<LoginFact, 'user' | 'secret'> {
  readonly isSocks: boolean
}

const NOTHING: Offer = { user: null, secret: null, isSocks: false }

/** One conversation's last words of the client, until they are refused. */
export class LoginTalk {
  #segments = 0
  #refusals = 0
  #isAsked = false
  #offer = NOTHING

  /** Reads a segment; the login that it refuses, or null. Of passwords that cannot be read, once a conversation. */
  read(packet: Packet, side: number): LoginFact | null {
    if (this.#segments >= MOST_SEGMENTS) return null
    this.#segments += 1
    if (packet.payloadCaptured > LONGEST) return null
    if (side === 0) this.#hear(packet)
    else if (this.#isRefused(packet)) return this.#end()
    else this.#isAsked = ASKS_PASSWORD.test(latin1At(packet))
    return null
  }

  #hear(packet: Packet): void {
    const offer = socksOffer(packet) ?? clearOffer(packet, this.#isAsked)
    // A name and a nickname may follow the password.
    if (offer.secret !== null || this.#offer.secret === null) this.#offer = offer
  }

  #isRefused(packet: Packet): boolean {
    if (this.#offer.isSocks) return isSocksRefusal(packet)
    return this.#offer !== NOTHING && REFUSAL.test(latin1At(packet))
  }

  #end(): LoginFact {
    const { user, secret } = this.#offer
    this.#refusals += 1
    const isLast = secret === null || this.#refusals >= MOST_REFUSALS
    this.#segments = isLast ? MOST_SEGMENTS : 0
    this.#offer = NOTHING
    this.#isAsked = false
    return { kind: 'login', application: 'unknown', outcome: 'failure', user, secret, code: null }
  }
}

/** Version 1, then user and password with their lengths, and nothing behind them. */
function socksOffer(packet: Packet): Offer | null {
  if (byteAt(packet, 0) !== 1) return null
  const passwordAt = 2 + byteAt(packet, 1)
  const end = passwordAt + 1 + byteAt(packet, passwordAt)
  if (passwordAt <= 2 || end !== packet.payloadLength || end > packet.payloadCaptured) return null
  return {
    user: textAt(packet, 2, passwordAt, LONGEST),
    secret: secretDigest(packet, passwordAt + 1, end),
    isSocks: true,
  }
}

function isSocksRefusal(packet: Packet): boolean {
  const answer = packet.payloadLength === 2 ? uint16At(packet, 0) : -1
  return answer > SOCKS_REFUSED && answer < SOCKS_REFUSED + 256
}

/** What else is said may hold a challenge's answer, which differs each time. */
function clearOffer(packet: Packet, isAsked: boolean): Offer {
  const isClear = isAsked || CLEAR.test(latin1At(packet))
  const secret = isClear ? secretDigest(packet, 0, packet.payloadCaptured) : null
  return { user: null, secret, isSocks: false }
}
