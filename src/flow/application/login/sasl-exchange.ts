/**
 * SASL's mechanisms that send user and password as they are (PLAIN RFC 4616, LOGIN), and CRAM-MD5, which
 * names the user (RFC 2195), as mail protocols wrap them in Base64.
 *
 * Left out: mechanisms that prove a password without showing it (SCRAM, GSSAPI, NTLM); tokens.
 */
import { secretDigestOf } from './secret-digest.ts'

const MECHANISMS = ['PLAIN', 'LOGIN', 'CRAM-MD5'] as const
type Mechanism = (typeof MECHANISMS)[number]

/** Longer credentials than this are tokens. */
const LONGEST_LINE = 512

export interface Credentials {
  readonly user: string
  readonly secret: number | null
}

export class SaslExchange {
  #mechanism: Mechanism | null = null
  #user: string | null = null

  /** The client will answer the server's next challenge. */
  get isUnderWay(): boolean {
    return this.#mechanism !== null
  }

  /** Begins with what follows AUTH or AUTHENTICATE: a mechanism and perhaps a first response. */
  begin(words: string): Credentials | null {
    const [name = '', initial = ''] = words.trim().split(/\s+/, 2)
    this.#mechanism = MECHANISMS.find((known) => known === name.toUpperCase()) ?? null
    this.#user = null
    return initial === '' ? null : this.answer(initial)
  }

  /** The server has ended it. */
  end(): void {
    this.#mechanism = null
  }

  /** Takes a line the client sent in answer to a challenge; returns the credentials once they are whole. */
  answer(line: string): Credentials | null {
    const mechanism = this.#mechanism
    if (mechanism === null || line.length > LONGEST_LINE) return null
    const text = Buffer.from(line, 'base64').toString('utf8')
    if (mechanism === 'LOGIN' && this.#user === null) {
      this.#user = text
      return null
    }
    this.#mechanism = null
    if (mechanism === 'LOGIN') return { user: this.#user!, secret: secretDigestOf(text) }
    if (mechanism === 'CRAM-MD5') return { user: text.split(' ', 1)[0]!, secret: null }
    const [, user, password] = text.split('\0')
    if (user === undefined || password === undefined) return null
    return { user, secret: secretDigestOf(password) }
  }
}
