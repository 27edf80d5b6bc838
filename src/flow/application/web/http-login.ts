/**
 * HTTP's own logins (RFC 9110 §11): Basic (RFC 7617), Digest (RFC 7616) and NTLM, and how the server takes them.
 *
 * Left out: bearer tokens, which nobody types; forms, which only their pages understand.
 */
import type { Credentials } from '../login/sasl-exchange.ts'
import { secretDigestOf } from '../login/secret-digest.ts'
import { escapedText, type Payload } from '../payload.ts'
import type { ReadingContext } from '../reader.ts'
import { readNtlmLogin } from '../windows/ntlm.ts'

const UNAUTHORIZED = 401
const PROXY_UNAUTHORIZED = 407
const LONGEST_USER = 128

/** Reads what follows the scheme; null where it names nobody. */
export function credentialsOf(scheme: string, value: string): Credentials | null {
  switch (scheme) {
    case 'basic':
      return basicCredentials(value)
    case 'digest': {
      const user = /(?:^|[\s,])username="([^"]{0,128})"/i.exec(value)?.[1]
      return user === undefined ? null : { user, secret: null }
    }
    case 'ntlm':
    case 'negotiate':
      return ntlmCredentials(value)
    default:
      return null
  }
}

function basicCredentials(value: string): Credentials | null {
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) return null
  const user = escapedText(text.slice(0, colon), LONGEST_USER)
  return { user, secret: secretDigestOf(text.slice(colon + 1)) }
}

/** Only the third message of the exchange asks for a login; the ones before are refused by rule. */
function ntlmCredentials(value: string): Credentials | null {
  const buffer = Buffer.from(value, 'base64')
  const { length } = buffer
  const token: Payload = {
    buffer,
    payloadOffset: 0,
    payloadCaptured: length,
    payloadLength: length,
  }
  const user = readNtlmLogin(token, 0)?.user ?? null
  return user === null ? null : { user, secret: null }
}

/** Follows the logins of one connection; a browser repeats its credentials, which is one success. */
export class HttpLogins {
  #asked: Credentials | null = null
  #accepted: Credentials | null = null

  asks(credentials: Credentials | null, context: ReadingContext): void {
    this.#asked = credentials
    const { user, secret } = credentials ?? { user: null, secret: null }
    if (secret !== null)
      context.tell({ kind: 'login-offer', application: 'http', user, secret, isServerHeard: false })
  }

  answers(status: number, context: ReadingContext): void {
    const asked = this.#asked
    if (asked === null || (status >= 100 && status < 200)) return
    this.#asked = null
    const isFailure = status === UNAUTHORIZED || status === PROXY_UNAUTHORIZED
    if (!isFailure && (status >= 400 || this.#isAccepted(asked))) return
    if (!isFailure) this.#accepted = asked
    const { user, secret } = asked
    const outcome = isFailure ? 'failure' : 'success'
    context.tell({
      kind: 'login',
      application: 'http',
      outcome,
      user,
      code: String(status),
      secret,
    })
  }

  #isAccepted({ user, secret }: Credentials): boolean {
    return this.#accepted?.user === user && this.#accepted.secret === secret
  }
}
