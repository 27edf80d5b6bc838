/**
 * Kerberos 5 (RFC 4120 §5) over UDP and TCP: who asks for which ticket, with which encryption, refused why.
 *
 * Left out: tickets and all that is encrypted; names after the first parts.
 */
import type { Packet } from '../../../decode/index.ts'
import { IpProtocol } from '../../../net/protocol.ts'
import { BerCursor, Tag } from '../ber.ts'
import type { KerberosFacts, KerberosMessage } from '../facts.ts'
import { MessageFrames } from '../streams/message-frames.ts'
import { PayloadPart, byteAt, textAt, uint32At, type Payload } from '../payload.ts'
import { FactReader, Next } from '../reader.ts'

const MESSAGES = new Map([
  [0x6a, 'AS-REQ'],
  [0x6b, 'AS-REP'],
  [0x6c, 'TGS-REQ'],
  [0x6d, 'TGS-REP'],
  [0x7e, 'KRB-ERROR'],
])
const VERSION = 5
const LENGTH_BYTES = 4
const LONGEST_NAME = 255
const MOST_NAME_PARTS = 4
const MOST_TYPES = 16
/** Pre-authentication that proves the password: PA-ENC-TIMESTAMP (2), PKINIT (16), FAST (138 in it). */
const PROOFS = [2, 16, 138]
/** KDC_ERR_PREAUTH_FAILED, and the client is not known or its key expired. */
const LOGIN_ERRORS = [24, 6, 18, 23]

const outer = new BerCursor()
const fields = new BerCursor()
const inner = new BerCursor()
const deep = new BerCursor()
const part = new PayloadPart()

/** An application tag of Kerberos, a sequence, and the version 5 in its first or second field. */
export function isKerberos(payload: Payload, from = 0): boolean {
  if (!MESSAGES.has(byteAt(payload, from))) return false
  outer.begin(payload, from, payload.payloadLength)
  if (!outer.next() || !outer.enter().expect(Tag.SEQUENCE)) return false
  fields.begin(payload, outer.from, outer.to)
  if (!fields.next() || (fields.tag !== 0xa0 && fields.tag !== 0xa1)) return false
  return fields.enter().expect(Tag.INTEGER) && fields.integer() === VERSION
}

/** A message after its length (RFC 4120 §7.2.2). */
export function isKerberosStream(payload: Payload, first: number): boolean {
  return first === 0 && uint32At(payload, 0) < 65_536 && isKerberos(payload, LENGTH_BYTES)
}

type Draft = { -readonly [Key in keyof KerberosMessage]: KerberosMessage[Key] }

/** Reads a message that `isKerberos` has told. */
function readKerberosMessage(payload: Payload): KerberosMessage {
  const message: Draft = {
    kind: 'kerberos',
    message: MESSAGES.get(byteAt(payload, 0)) ?? 'other',
    client: null,
    realm: null,
    service: null,
    errorCode: null,
    encryptionTypes: [],
    hasPreauthentication: false,
  }
  outer.begin(payload, 0, payload.payloadLength)
  if (!outer.next() || !outer.enter().expect(Tag.SEQUENCE)) return message
  fields.begin(payload, outer.from, outer.to)
  const kind = byteAt(payload, 0)
  while (fields.next()) {
    inner.begin(payload, fields.from, fields.to)
    if (kind === 0x7e) readErrorField(message, payload)
    else if (kind === 0x6b || kind === 0x6d) readReplyField(message, payload)
    else readRequestField(message, payload)
  }
  return message
}

function readErrorField(message: Draft, payload: Payload): void {
  switch (fields.tag) {
    case 0xa6:
      message.errorCode = inner.expect(Tag.INTEGER) ? inner.integer() : null
      break
    case 0xa8:
      message.client = principalAt(payload)
      break
    case 0xa9:
      message.realm = textOfNext(payload)
      break
    case 0xaa:
      message.service = principalAt(payload)
      break
  }
}

function readReplyField(message: Draft, payload: Payload): void {
  switch (fields.tag) {
    case 0xa3:
      message.realm = textOfNext(payload)
      break
    case 0xa4:
      message.client = principalAt(payload)
      break
    case 0xa5:
      readTicket(message, payload)
      break
  }
}

/** The ticket: version, realm, service, and by which encryption it is closed (RFC 4120 §5.3). */
function readTicket(message: Draft, payload: Payload): void {
  if (!inner.next() || !inner.enter().expect(Tag.SEQUENCE)) return
  outer.begin(payload, inner.from, inner.to)
  while (outer.next()) {
    inner.begin(payload, outer.from, outer.to)
    if (outer.tag === 0xa2) message.service = principalAt(payload)
    else if (outer.tag === 0xa3 && inner.expect(Tag.SEQUENCE)) {
      if (!inner.enter().expect(0xa0) || !inner.enter().expect(Tag.INTEGER)) return
      message.encryptionTypes = [inner.integer()]
    }
  }
}

function readRequestField(message: Draft, payload: Payload): void {
  if (fields.tag === 0xa3) message.hasPreauthentication = hasProof(payload)
  if (fields.tag !== 0xa4 || !inner.expect(Tag.SEQUENCE)) return
  outer.begin(payload, inner.from, inner.to)
  while (outer.next()) {
    inner.begin(payload, outer.from, outer.to)
    if (outer.tag === 0xa1) message.client = principalAt(payload)
    else if (outer.tag === 0xa2) message.realm = textOfNext(payload)
    else if (outer.tag === 0xa3) message.service = principalAt(payload)
    else if (outer.tag === 0xa8) message.encryptionTypes = integersAt()
  }
}

/** Says whether one of the pre-authentication entries proves the password. */
function hasProof(payload: Payload): boolean {
  if (!inner.expect(Tag.SEQUENCE)) return false
  outer.begin(payload, inner.from, inner.to)
  for (let count = 0; count < MOST_TYPES && outer.expect(Tag.SEQUENCE); count += 1) {
    inner.begin(payload, outer.from, outer.to)
    if (!inner.expect(0xa1) || !inner.enter().expect(Tag.INTEGER)) continue
    if (PROOFS.includes(inner.integer())) return true
  }
  return false
}

function integersAt(): number[] {
  const list: number[] = []
  if (!inner.expect(Tag.SEQUENCE)) return list
  inner.enter()
  while (list.length < MOST_TYPES && inner.expect(Tag.INTEGER)) list.push(inner.integer())
  return list
}

/** A principal's name: its kind, then its parts, joined by slashes (RFC 4120 §5.2.2). */
function principalAt(payload: Payload): string | null {
  if (!inner.expect(Tag.SEQUENCE)) return null
  inner.enter()
  if (!inner.expect(0xa0) || !inner.expect(0xa1)) return null
  if (!inner.enter().expect(Tag.SEQUENCE)) return null
  deep.begin(payload, inner.from, inner.to)
  const parts: string[] = []
  while (parts.length < MOST_NAME_PARTS && deep.next()) {
    parts.push(textAt(payload, deep.from, deep.to, LONGEST_NAME))
  }
  return parts.length === 0 ? null : parts.join('/').slice(0, LONGEST_NAME)
}

function textOfNext(payload: Payload): string | null {
  return inner.next() ? textAt(payload, inner.from, inner.to, LONGEST_NAME) : null
}

export class KerberosReader extends FactReader {
  #frames: readonly [MessageFrames, MessageFrames] | null = null
  #first: KerberosMessage | null = null
  #client: string | null = null
  #errorCode: number | null = null
  #requests = 0
  #errors = 0
  #authFailures = 0
  #authSuccesses = 0

  override read(packet: Packet, side: number, gap: number): number {
    if (packet.protocol !== IpProtocol.TCP) {
      if (isKerberos(packet)) this.#readMessage(packet)
      return Next.MORE
    }
    this.#frames ??= [new MessageFrames(LENGTH_BYTES), new MessageFrames(LENGTH_BYTES)]
    const frames = this.#frames[side === 0 ? 0 : 1]
    frames.begin(packet, gap)
    while (frames.next(part)) if (isKerberos(part)) this.#readMessage(part)
    return Next.MORE
  }

  protected override isPiece(payload: Payload, side: number): boolean {
    this.#frames ??= [new MessageFrames(LENGTH_BYTES), new MessageFrames(LENGTH_BYTES)]
    return this.#frames[side === 0 ? 0 : 1].endsInMessage(payload)
  }

  #readMessage(payload: Payload): void {
    const message = readKerberosMessage(payload)
    if (this.context.isHeard) this.context.tell(message)
    this.#first ??= {
      ...message,
      client: this.keep(message.client),
      realm: this.keep(message.realm),
      service: this.keep(message.service),
    }
    if (message.client !== null) this.#client = message.client
    const { errorCode } = message
    if (message.message === 'KRB-ERROR') {
      this.#errors += 1
      this.#errorCode ??= errorCode
      if (errorCode !== null && LOGIN_ERRORS.includes(errorCode))
        this.#endLogin('failure', errorCode)
    } else if (message.message === 'AS-REP') {
      this.#endLogin('success', null)
    } else if (message.message.endsWith('REQ')) {
      this.#requests += 1
    }
  }

  #endLogin(outcome: 'failure' | 'success', errorCode: number | null): void {
    if (outcome === 'failure') this.#authFailures += 1
    else this.#authSuccesses += 1
    if (!this.context.isHeard) return
    const code = errorCode === null ? null : String(errorCode)
    const user = this.#client
    this.context.tell({ kind: 'login', application: 'kerberos', outcome, user, code, secret: null })
  }

  override facts(): KerberosFacts | null {
    const first = this.#first
    if (first === null) return null
    return {
      ...first,
      errorCode: this.#errorCode,
      requests: this.#requests,
      errors: this.#errors,
      authFailures: this.#authFailures,
      authSuccesses: this.#authSuccesses,
    }
  }
}
