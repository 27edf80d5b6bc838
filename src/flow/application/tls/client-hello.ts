/** The ClientHello (RFC 8446 §4.1.2) and the extensions that tell who asks for what. */
import { byteAt, hexAt, textAt, uint16At, type Payload } from '../payload.ts'
import { HANDSHAKE_HEADER } from './handshake.ts'

export const Extension = {
  SERVER_NAME: 0,
  SUPPORTED_GROUPS: 10,
  POINT_FORMATS: 11,
  SIGNATURE_ALGORITHMS: 13,
  ALPN: 16,
  SUPPORTED_VERSIONS: 43,
} as const

const VERSION = HANDSHAKE_HEADER
const SESSION_ID = VERSION + 2 + 32
const LONGEST_NAME = 255
/** What is kept of a hello for its facts; fingerprints see all of them. */
const MOST_PROTOCOLS = 8
const LONGEST_PROTOCOL = 32

/** A hello taken apart; lists in the client's order, GREASE included. */
export interface ClientHello {
  legacyVersion: number
  readonly versions: number[]
  readonly ciphers: number[]
  readonly extensions: number[]
  readonly groups: number[]
  readonly pointFormats: number[]
  readonly signatureAlgorithms: number[]
  readonly alpn: string[]
  /** The first protocol as hexadecimal digits, which JA4 may need. */
  firstAlpnHex: string
  sni: string | null
}

/** GREASE values (RFC 8701): both bytes alike and ending in A. */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >>> 8 === (value & 0xff)
}

/** Reads a whole ClientHello message; null when it does not hold together. */
export function readClientHello(message: Payload): ClientHello | null {
  const hello: ClientHello = {
    legacyVersion: uint16At(message, VERSION),
    versions: [],
    ciphers: [],
    extensions: [],
    groups: [],
    pointFormats: [],
    signatureAlgorithms: [],
    alpn: [],
    firstAlpnHex: '',
    sni: null,
  }
  const ciphersAt = SESSION_ID + 1 + byteAt(message, SESSION_ID)
  const ciphersEnd = ciphersAt + 2 + uint16At(message, ciphersAt)
  const extensionsAt = ciphersEnd + 1 + byteAt(message, ciphersEnd)
  if (ciphersEnd < ciphersAt + 2 || extensionsAt <= ciphersEnd) return null
  if (extensionsAt > message.payloadCaptured) return null
  pushUint16s(hello.ciphers, message, ciphersAt + 2, ciphersEnd)
  // SSL 3.0 and old TLS end here.
  const total = uint16At(message, extensionsAt)
  if (total < 0) return hello
  const end = Math.min(extensionsAt + 2 + total, message.payloadCaptured)
  for (let at = extensionsAt + 2; at + 4 <= end; at += 4 + uint16At(message, at + 2)) {
    const type = uint16At(message, at)
    hello.extensions.push(type)
    readExtension(hello, type, message, at + 4, Math.min(at + 4 + uint16At(message, at + 2), end))
  }
  return hello
}

function readExtension(
  hello: ClientHello,
  type: number,
  message: Payload,
  from: number,
  to: number,
): void {
  switch (type) {
    case Extension.SERVER_NAME:
      // A list with one entry: its kind 0, then the host's name (RFC 6066 §3).
      if (byteAt(message, from + 2) === 0 && from + 5 <= to) {
        const end = Math.min(from + 5 + uint16At(message, from + 3), to)
        hello.sni = textAt(message, from + 5, end, LONGEST_NAME).toLowerCase()
      }
      break
    case Extension.SUPPORTED_GROUPS:
      pushUint16s(hello.groups, message, from + 2, to)
      break
    case Extension.POINT_FORMATS:
      for (let at = from + 1; at < to; at += 1) hello.pointFormats.push(byteAt(message, at))
      break
    case Extension.SIGNATURE_ALGORITHMS:
      pushUint16s(hello.signatureAlgorithms, message, from + 2, to)
      break
    case Extension.ALPN:
      readProtocols(hello, message, from + 2, to)
      break
    case Extension.SUPPORTED_VERSIONS:
      pushUint16s(hello.versions, message, from + 1, to)
      break
  }
}

/** ALPN (RFC 7301 §3.1): names of one to 255 bytes, each after its length. */
function readProtocols(hello: ClientHello, message: Payload, from: number, to: number): void {
  let at = from
  while (at < to && hello.alpn.length < MOST_PROTOCOLS) {
    const end = Math.min(at + 1 + byteAt(message, at), to)
    if (hello.alpn.length === 0) hello.firstAlpnHex = hexAt(message, at + 1, end)
    hello.alpn.push(textAt(message, at + 1, end, LONGEST_PROTOCOL))
    at = end
  }
}

function pushUint16s(list: number[], message: Payload, from: number, to: number): void {
  for (let at = from; at + 2 <= to && at + 2 <= message.payloadCaptured; at += 2) {
    list.push(uint16At(message, at))
  }
}
