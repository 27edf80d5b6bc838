/**
 * TLS: the two hellos and, up to TLS 1.2, the server's certificate. What follows is encrypted.
 *
 * Left out: DTLS, encrypted ClientHellos (their outer hello is read), certificates after the first.
 */
import type { Packet } from '../../../decode/index.ts'
import type { ApplicationFacts, TlsClientHello, TlsServerHello } from '../facts.ts'
import { PayloadPart, byteAt, uint16At, uint24At, type Payload } from '../payload.ts'
import { FactReader, Next, type ReadingContext, type SetAside } from '../reader.ts'
import { Assembly } from '../streams/stream-buffers.ts'
import { readCertificate, type Certificate } from './certificate.ts'
import { isGrease, readClientHello, type ClientHello } from './client-hello.ts'
import { ja3, ja3s, ja4 } from './fingerprints.ts'
import {
  ContentType,
  HANDSHAKE_HEADER,
  Handshake,
  endsHandshake,
  handshakeBytes,
} from './handshake.ts'
import { readServerHello, type ServerHello } from './server-hello.ts'

const TLS13 = 0x0304
/** Description of an alert, behind record header and level. */
const ALERT_DESCRIPTION = 6
/** A server answers what it was offered; more extensions than there are is an attack on memory. */
const MOST_EXTENSIONS = 64
/** A certificate message: header, length of the list, length of the first, the first. */
const FIRST_CERTIFICATE = HANDSHAKE_HEADER + 6

const part = new PayloadPart()

/** Names a version by its number on the wire. */
function tlsVersionName(version: number): string {
  if (version === 0x0300) return 'SSL 3.0'
  if (version > 0x0300 && version <= TLS13) return `TLS 1.${(version & 255) - 1}`
  return `0x${version.toString(16).padStart(4, '0')}`
}

/** The highest version a client offers. */
function offeredVersion({ versions, legacyVersion }: ClientHello): number {
  const offered = versions.filter((version) => !isGrease(version))
  return offered.length === 0 ? legacyVersion : Math.max(...offered)
}

function clientFact(message: Payload): TlsClientHello | null {
  const hello = readClientHello(message)
  if (hello === null) return null
  return {
    kind: 'tls-client-hello',
    version: tlsVersionName(offeredVersion(hello)),
    sni: hello.sni,
    alpn: hello.alpn,
    ja3: ja3(hello),
    ja4: ja4(hello, 't'),
  }
}

function serverFact({ legacyVersion, version, cipher, extensions }: ServerHello): TlsServerHello {
  const fingerprint = ja3s(legacyVersion, cipher, extensions)
  return { kind: 'tls-server-hello', version: tlsVersionName(version), cipher, ja3s: fingerprint }
}

export class TlsReader extends FactReader {
  readonly #assembly: Assembly
  /** Whose message is being put together. */
  #side = 0
  /** The ClientHello as it was sent, until somebody asks for its facts. */
  #hello: SetAside | null = null
  #client: TlsClientHello | null = null
  #server: ServerHello | null = null
  /** Likewise the certificate. */
  #der: SetAside | null = null
  #certificate: Certificate | null = null
  #chosenAlpn: string | null = null
  #handshakeAt = 0
  #alert: number | null = null

  constructor(context: ReadingContext) {
    super(context)
    this.#assembly = new Assembly(context.buffers)
  }

  override read(packet: Packet, side: number): number {
    if (this.#assembly.isUnderWay && side !== this.#side) return Next.MORE
    const bytes = this.#assembly.add(packet)
    if (bytes === null) return this.#end(true)
    this.#side = side
    const type = byteAt(bytes, 0)
    if (type === ContentType.ALERT && uint16At(bytes, 3) === 2) {
      this.#alert = byteAt(bytes, ALERT_DESCRIPTION)
      return this.#end(false)
    }
    if (type !== ContentType.HANDSHAKE) return this.#end(false)
    const next = this.#readFlight(bytes)
    if (next !== WAIT) return next === Next.DONE ? this.#end(false) : this.#endMessage(next)
    return this.#assembly.wait(packet) ? Next.MORE : Next.DONE
  }

  #end(isLost: boolean): number {
    this.#assembly.end(isLost)
    return Next.DONE
  }

  #endMessage(next: number): number {
    this.#end(false)
    return next
  }

  override release(): void {
    this.#assembly.end(true)
    super.release()
  }

  /** Reads one side's messages so far; `WAIT` when the one wanted is not whole yet. */
  #readFlight(bytes: Payload): number {
    const messages = handshakeBytes(bytes)
    const type = byteAt(messages, 0)
    if (this.#server !== null) return this.#readCertificate(messages, bytes)
    const end = HANDSHAKE_HEADER + uint24At(messages, 1)
    if (type === Handshake.CLIENT_HELLO && (this.#client !== null || this.#hello !== null)) {
      return Next.TURN
    }
    if (type !== Handshake.CLIENT_HELLO && type !== Handshake.SERVER_HELLO) {
      // Too short to tell, or the middle of a handshake.
      return type < 0 ? WAIT : Next.DONE
    }
    if (end < HANDSHAKE_HEADER || end > messages.payloadCaptured) return WAIT
    const message = part.show(messages, 0, end)
    if (type === Handshake.CLIENT_HELLO) return this.#readClient(message)
    if (!this.#readServer(message)) return Next.DONE
    this.#handshakeAt = end
    return this.#readCertificate(messages, bytes)
  }

  #readClient(message: Payload): number {
    this.#hello = this.setAside(message)
    if (this.#hello !== null) return Next.TURN
    const client = clientFact(message)
    if (client === null) return Next.DONE
    const sni = this.keep(client.sni)
    const alpn = client.alpn.filter((name) => this.keep(name) !== null)
    this.#client = { ...client, sni, alpn }
    if (this.context.isHeard) this.context.tell(this.#client)
    return Next.TURN
  }

  /** Says whether a certificate may follow in the clear. */
  #readServer(message: Payload): boolean {
    const hello = readServerHello(message)
    if (hello === null) return false
    this.#server = hello
    this.#chosenAlpn = this.keep(hello.alpn)
    if (hello.extensions.length > MOST_EXTENSIONS) hello.extensions.length = 0
    if (this.context.isHeard) this.context.tell(serverFact(hello))
    return hello.version < TLS13
  }

  /** Reads the server's own certificate, which comes first, as soon as that one is whole. */
  #readCertificate(messages: Payload, bytes: Payload): number {
    const at = this.#handshakeAt
    const type = byteAt(messages, at)
    if (type >= 0 && type !== Handshake.CERTIFICATE) return Next.DONE
    const length = uint24At(messages, at + HANDSHAKE_HEADER + 3)
    const from = at + FIRST_CERTIFICATE
    if (type < 0 || length < 0 || from + length > messages.payloadCaptured) {
      return endsHandshake(bytes) ? Next.DONE : WAIT
    }
    const der = part.show(messages, from, from + length)
    this.#der = this.setAside(der)
    if (this.#der === null) this.#keepCertificate(readCertificate(der))
    return Next.DONE
  }

  #keepCertificate(certificate: Certificate | null): void {
    if (certificate === null) return
    const subject = this.keep(certificate.subject)
    const issuer = this.keep(certificate.issuer)
    this.#certificate = { ...certificate, subject, issuer }
    if (this.context.isHeard) this.context.tell({ kind: 'tls-certificate', ...this.#certificate })
  }

  override facts(): ApplicationFacts | null {
    const client = this.#hello === null ? this.#client : clientFact(this.#hello.payload())
    const server = this.#server === null ? null : serverFact(this.#server)
    if (client === null && server === null && this.#alert === null) return null
    const certificate =
      this.#der === null ? this.#certificate : readCertificate(this.#der.payload())
    return {
      kind: 'tls',
      version: server?.version ?? client?.version ?? null,
      sni: client?.sni ?? null,
      alpn: this.#chosenAlpn !== null ? [this.#chosenAlpn] : (client?.alpn ?? []),
      ja3: client?.ja3 ?? null,
      ja4: client?.ja4 ?? null,
      cipher: server?.cipher ?? null,
      ja3s: server?.ja3s ?? null,
      subject: certificate?.subject ?? null,
      issuer: certificate?.issuer ?? null,
      isSelfSigned: certificate?.isSelfSigned ?? null,
      notBefore: certificate?.notBefore ?? null,
      notAfter: certificate?.notAfter ?? null,
      alert: this.#alert,
    }
  }
}

/** The message is not whole: more segments are to come. */
const WAIT = -1
