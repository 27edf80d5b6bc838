/** Builds TLS hellos, certificates and records for tests. */
import { ber, berInteger, berSequence } from './ber-builder.ts'
import { bytesOf, concat, uint16, type Content } from '../packets/packet-builder.ts'

export interface HelloFields {
  readonly version?: number
  readonly ciphers?: readonly number[]
  /** In order; the name and ALPN are made from the fields below where their numbers stand. */
  readonly extensions?: readonly (number | readonly [type: number, content: Content])[]
  readonly name?: string
  readonly protocols?: readonly string[]
  readonly versions?: readonly number[]
  readonly groups?: readonly number[]
  readonly pointFormats?: readonly number[]
  readonly signatureAlgorithms?: readonly number[]
}

export const uint16s = (values: readonly number[]): Uint8Array => concat(...values.map(uint16))

function sized(width: 1 | 2, content: Content): Uint8Array {
  const bytes = bytesOf(content)
  const size = width === 1 ? new Uint8Array([bytes.length]) : uint16(bytes.length)
  return concat(size, bytes)
}

function extensionContent(type: number, fields: HelloFields): Uint8Array {
  switch (type) {
    case 0:
      return sized(2, concat(new Uint8Array([0]), sized(2, fields.name ?? '')))
    case 10:
      return sized(2, uint16s(fields.groups ?? []))
    case 11:
      return sized(1, new Uint8Array(fields.pointFormats ?? []))
    case 13:
      return sized(2, uint16s(fields.signatureAlgorithms ?? []))
    case 16:
      return sized(2, concat(...(fields.protocols ?? []).map((name) => sized(1, name))))
    case 43:
      return sized(1, uint16s(fields.versions ?? []))
    default:
      return new Uint8Array(0)
  }
}

/** The handshake message, without a record around it. */
export function clientHello(fields: HelloFields = {}): Uint8Array {
  const { version = 0x0303, ciphers = [0x1301, 0xc02f], extensions } = fields
  const parts = extensions?.map((extension) => {
    if (typeof extension !== 'number') return concat(uint16(extension[0]), sized(2, extension[1]))
    return concat(uint16(extension), sized(2, extensionContent(extension, fields)))
  })
  const ending = parts === undefined ? new Uint8Array(0) : sized(2, concat(...parts))
  const random = new Uint8Array(32).fill(7)
  const list = sized(2, uint16s(ciphers))
  const body = [uint16(version), random, sized(1, ''), list, sized(1, '\0'), ending]
  return handshake(1, concat(...body))
}

/** `version` goes into the extension where it is 1.3. */
export function serverHello(
  fields: { version?: number; cipher?: number; alpn?: string } = {},
): Uint8Array {
  const { version = 0x0303, cipher = 0xc02f, alpn } = fields
  const parts: Uint8Array[] = []
  if (version > 0x0303) parts.push(uint16(43), sized(2, uint16(version)))
  if (alpn !== undefined) parts.push(uint16(16), sized(2, sized(2, sized(1, alpn))))
  const legacy = uint16(Math.min(version, 0x0303))
  const random = new Uint8Array(32).fill(9)
  const chosen = concat(sized(1, ''), uint16(cipher), new Uint8Array(1))
  return handshake(2, concat(legacy, random, chosen, sized(2, concat(...parts))))
}

/** A handshake message: type and 24 bits of length before it. */
export function handshake(type: number, body: Uint8Array): Uint8Array {
  const { length } = body
  return concat(new Uint8Array([type, length >>> 16]), uint16(length & 0xffff), body)
}

/** One record. */
export function tlsRecord(content: Uint8Array, type = 22): Uint8Array {
  return concat(new Uint8Array([type, 3, 1]), sized(2, content))
}

/** A distinguished name with a common name. */
function name(commonName: string): Uint8Array {
  return berSequence(ber(0x31, berSequence(ber(0x06, '\x55\x04\x03'), ber(0x0c, commonName))))
}

export interface CertificateFields {
  readonly subject?: string
  readonly issuer?: string
  /** Bytes of a key, to make it long. */
  readonly keyBytes?: number
}

/** A Certificate message with one certificate, whose signature is nonsense. */
export function certificateMessage(fields: CertificateFields = {}): Uint8Array {
  const { subject = 'www.example.org', issuer = 'Example CA', keyBytes = 256 } = fields
  const algorithm = berSequence(ber(0x06, '\x2a\x86\x48'))
  const validity = berSequence(ber(0x17, '250101000000Z'), ber(0x18, '20500101120000Z'))
  const key = berSequence(algorithm, ber(0x03, new Uint8Array(keyBytes)))
  const version = ber(0xa0, berInteger(2))
  const parts = [version, berInteger(77), algorithm, name(issuer), validity, name(subject), key]
  const der = berSequence(berSequence(...parts), algorithm, ber(0x03, new Uint8Array(64)))
  const uint24 = (value: number): Uint8Array => concat(new Uint8Array([value >>> 16]), uint16(value & 0xffff)) // prettier-ignore
  return handshake(11, concat(uint24(der.length + 3), uint24(der.length), der))
}
