/** The ServerHello (RFC 8446 §4.1.3): what was chosen of what the client offered. */
import { byteAt, textAt, uint16At, type Payload } from '../payload.ts'
import { Extension } from './client-hello.ts'
import { HANDSHAKE_HEADER } from './handshake.ts'

const VERSION = HANDSHAKE_HEADER
const SESSION_ID = VERSION + 2 + 32
const LONGEST_PROTOCOL = 32

export interface ServerHello {
  readonly legacyVersion: number
  /** The version chosen, which TLS 1.3 hides in an extension. */
  version: number
  readonly cipher: number
  readonly extensions: number[]
  alpn: string | null
}

/** Reads a whole ServerHello message; null when it does not hold together. */
export function readServerHello(message: Payload): ServerHello | null {
  const cipherAt = SESSION_ID + 1 + byteAt(message, SESSION_ID)
  const legacyVersion = uint16At(message, VERSION)
  const cipher = uint16At(message, cipherAt)
  if (cipherAt <= SESSION_ID || cipher < 0) return null
  const hello = {
    legacyVersion,
    version: legacyVersion,
    cipher,
    extensions: [] as number[],
    alpn: null as string | null,
  }
  const extensionsAt = cipherAt + 3
  const total = uint16At(message, extensionsAt)
  const end = Math.min(extensionsAt + 2 + Math.max(0, total), message.payloadCaptured)
  for (let at = extensionsAt + 2; at + 4 <= end; at += 4 + uint16At(message, at + 2)) {
    const type = uint16At(message, at)
    const to = Math.min(at + 4 + uint16At(message, at + 2), end)
    hello.extensions.push(type)
    if (type === Extension.SUPPORTED_VERSIONS && at + 6 <= to) {
      hello.version = uint16At(message, at + 4)
    } else if (type === Extension.ALPN && at + 7 <= to) {
      hello.alpn = textAt(message, at + 7, to, LONGEST_PROTOCOL)
    }
  }
  return hello
}
