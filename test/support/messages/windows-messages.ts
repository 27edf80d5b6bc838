/** Builds messages of SMB, NTLM, Kerberos and LDAP for tests. */
import { ber, berInteger, berSequence, berText } from './ber-builder.ts'
import { bytesOf, concat, uint32, type Content } from '../packets/packet-builder.ts'

const little = (value: number, bytes: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, index) => (value / 256 ** index) & 255)

export const utf16 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf16le'))

/** NetBIOS's length before messages. */
export const netbios = (...messages: readonly Uint8Array[]): Uint8Array =>
  concat(...messages.map((message) => concat(uint32(message.length), message)))

export interface SmbFields {
  readonly command: number
  readonly isResponse?: boolean
  readonly status?: number
  readonly body?: Uint8Array
  /** Where the next command of the chain begins. */
  readonly next?: number
}

/** One SMB 2 message. */
export function smb2(fields: SmbFields): Uint8Array {
  const { command, isResponse = false, status = 0, body = new Uint8Array(16), next = 0 } = fields
  const header = concat(bytesOf('\xfeSMB'), little(64, 2), little(0, 2), little(status, 4))
  const rest = concat(little(command, 2), little(1, 2), little(isResponse ? 1 : 0, 4))
  return concat(header, rest, little(next, 4), new Uint8Array(40), body)
}

/** Negotiates as a client of that GUID. */
export const smb2Negotiate = (guid: Uint8Array): Uint8Array =>
  smb2({ command: 0, body: concat(little(36, 2), little(1, 2), new Uint8Array(8), guid, new Uint8Array(8), little(0x0302, 2)) }) // prettier-ignore

/** Negotiate's answer. */
export const smb2Negotiated = (dialect: number, guid: Uint8Array = new Uint8Array(16)): Uint8Array =>
  smb2({ command: 0, isResponse: true, body: concat(new Uint8Array(4), little(dialect, 2), little(0, 2), guid) }) // prettier-ignore

/** A session setup that carries a token. */
export function smb2Login(token: Uint8Array): Uint8Array {
  const fixed = concat(new Uint8Array(12), little(64 + 24, 2), little(token.length, 2))
  return smb2({ command: 1, body: concat(fixed, new Uint8Array(8), token) })
}

export const smb2LoginEnd = (status: number): Uint8Array =>
  smb2({ command: 1, isResponse: true, status })

/** Connects to a share. */
export function smb2Tree(path: string): Uint8Array {
  const text = utf16(path)
  const body = concat(new Uint8Array(4), little(64 + 8, 2), little(text.length, 2), text)
  return smb2({ command: 3, body })
}

/** Opens a file or pipe. */
export function smb2Create(name: string, next = 0): Uint8Array {
  const text = utf16(name)
  const body = concat(new Uint8Array(44), little(64 + 56, 2), little(text.length, 2))
  return smb2({ command: 5, body: concat(body, new Uint8Array(8), text), next })
}

/** Writes to an open file or pipe, from its beginning. */
export function smb2Write(file: number, data: Uint8Array): Uint8Array {
  const head = concat(little(49, 2), little(64 + 48, 2), little(data.length, 4), little(0, 8))
  return smb2({ command: 9, body: concat(head, little(file, 16), new Uint8Array(16), data) })
}

/** One SMB 1 message: words, then bytes. */
export function smb1(
  command: number,
  words: Uint8Array,
  bytes: Uint8Array,
  fields: { isResponse?: boolean; status?: number } = {},
): Uint8Array {
  const { isResponse = false, status = 0 } = fields
  const flags = concat(new Uint8Array([isResponse ? 0x80 : 0]), little(0x8000, 2))
  const head = concat(bytesOf('\xffSMB'), new Uint8Array([command]), little(status, 4), flags)
  const counted = concat(new Uint8Array([words.length / 2]), words, little(bytes.length, 2), bytes)
  return concat(head, new Uint8Array(20), counted)
}

/** NTLM's third message behind a little SPNEGO. */
export function ntlmLogin(domain: string, user: string, workstation: string): Uint8Array {
  const texts = [domain, user, workstation].map(utf16)
  let at = 64
  const fields = texts.map((text) => {
    const field = concat(little(text.length, 2), little(text.length, 2), little(at, 4))
    at += text.length
    return field
  })
  const secrets = concat(little(0, 4), little(0, 4), little(0, 4), little(0, 4))
  const head = concat(bytesOf('NTLMSSP\0'), little(3, 4), secrets, ...fields)
  const message = concat(head, new Uint8Array(8), little(1, 4), ...texts)
  return concat(bytesOf('\xa1\x30\x04\x20'), message)
}

const field = (number: number, ...pieces: readonly Content[]): Uint8Array =>
  ber(0xa0 + number, ...pieces)
const generalString = (text: string): Uint8Array => ber(0x1b, text)

/** A principal's name. */
export function principal(...parts: readonly string[]): Uint8Array {
  const kind = field(0, berInteger(1))
  return berSequence(kind, field(1, berSequence(...parts.map(generalString))))
}

export interface KerberosRequest {
  readonly client?: string
  readonly service?: readonly string[]
  readonly types?: readonly number[]
  readonly hasProof?: boolean
  /** How long the proof is; a ticket in its place is of kilobytes. */
  readonly proofBytes?: number
}

/** An AS-REQ. */
export function asRequest(fields: KerberosRequest = {}): Uint8Array {
  const { proofBytes = 1 } = fields
  const { client = 'alice', service = ['krbtgt', 'EXAMPLE.ORG'], types = [18, 23] } = fields
  const proof = berSequence(field(1, berInteger(2)), field(2, berText('x'.repeat(proofBytes))))
  const data = fields.hasProof ? [field(3, berSequence(proof))] : []
  const body = berSequence(
    field(0, ber(0x03, '\0\x50\0\0\0')),
    field(1, principal(client)),
    field(2, generalString('EXAMPLE.ORG')),
    field(3, principal(...service)),
    field(8, berSequence(...types.map((type) => berInteger(type)))),
  )
  const head = [field(1, berInteger(5)), field(2, berInteger(10))]
  return ber(0x6a, berSequence(...head, ...data, field(4, body)))
}

/** An AS-REP (0x6b) or TGS-REP (0x6d) with a ticket closed by an encryption type. */
export function ticketReply(tag: number, client: string, type: number): Uint8Array {
  const closed = berSequence(field(0, berInteger(type)), field(2, berText('cipher')))
  const service = field(2, principal('http', 'web'))
  const ticket = ber(0x61, berSequence(field(0, berInteger(5)), field(1, generalString('EXAMPLE.ORG')), service, field(3, closed))) // prettier-ignore
  const head = [field(0, berInteger(5)), field(1, berInteger(11))]
  const names = [field(3, generalString('EXAMPLE.ORG')), field(4, principal(client))]
  return ber(tag, berSequence(...head, ...names, field(5, ticket)))
}

/** A KRB-ERROR. */
export function kerberosError(code: number): Uint8Array {
  const head = [field(0, berInteger(5)), field(1, berInteger(30)), field(6, berInteger(code))]
  const realm = field(9, generalString('EXAMPLE.ORG'))
  return ber(0x7e, berSequence(...head, realm, field(10, principal('krbtgt', 'EXAMPLE.ORG'))))
}

/** An LDAP message around an operation. */
export const ldap = (operation: Uint8Array, id = 1): Uint8Array =>
  berSequence(berInteger(id), operation)

export const ldapBind = (dn: string, password: string): Uint8Array =>
  ldap(ber(0x60, berInteger(3), berText(dn), ber(0x80, password)))

export const ldapSasl = (mechanism: string, token: Uint8Array): Uint8Array =>
  ldap(ber(0x60, berInteger(3), berText(''), ber(0xa3, berText(mechanism), berText(token))))

export const ldapResult = (code: number, operation = 0x61): Uint8Array =>
  ldap(ber(operation, berInteger(code, 0x0a), berText(''), berText('')))

/** Gives the open file another name. */
export function smb2Rename(name: string): Uint8Array {
  const text = utf16(name)
  const information = concat(new Uint8Array(16), little(text.length, 4), text)
  const fixed = concat(little(33, 2), little(0x0a01, 2), little(information.length, 4))
  const body = concat(fixed, little(64 + 32, 2), new Uint8Array(22), information)
  return smb2({ command: 17, body })
}
