/**
 * HTTP/1 (RFC 9112): requests and responses as they begin a segment; of bodies the first bytes are told,
 * the rest is passed over.
 *
 * HTTP/2, told by its preface or agreed on, is read in `http2`. Left out: heads beyond their first 8 KiB, answers in
 * one segment with chunks before them, requests behind chunks whose end two segments share.
 */
import type { Packet } from '../../../decode/index.ts'
import type { ApplicationFacts, HttpFacts, HttpRequest } from '../facts.ts'
import { PayloadPart, type Payload } from '../payload.ts'
import { FactReader, Next, type ReadingContext } from '../reader.ts'
import { Assembly } from '../streams/stream-buffers.ts'
import { AwaitedRequest } from './awaited-request.ts'
import { BodyWalk, UNTOLD_END } from './body-walk.ts'
import { CarriedProtocol } from './carried-protocol.ts'
import { HttpLogins } from './http-login.ts'
import { HttpHead, readHttpHead } from './http-head.ts'
import { Http2Connection } from './http2/http2.ts'
import { isHttp, skipLineEnds, Start, startAt } from './start-line.ts'

/** Messages read of one segment; the shortest are 16 bytes long. */
const MOST_OF_SEGMENT = 1024

/** What is kept of a flow's first request and first answer. */
type FirstRequest = Pick<HttpRequest, 'method' | 'uri' | 'host' | 'userAgent' | 'authScheme'>
type FirstAnswer = Pick<HttpFacts, 'status' | 'contentType' | 'server'>

const head = new HttpHead()

export class HttpReader extends FactReader {
  readonly #assembly: readonly [Assembly, Assembly]
  readonly #bodies: readonly [BodyWalk, BodyWalk]
  readonly #awaited: AwaitedRequest
  #first: FirstRequest | null = null
  #answer: FirstAnswer | null = null
  #requests = 0
  #responses = 0
  #clientErrors = 0
  #serverErrors = 0
  #authFailures = 0
  #logins: HttpLogins | null = null
  #http2: Http2Connection | null = null
  /** What a proxy is asked to pass on, or a WebSocket carries. */
  #carried: CarriedProtocol | null = null

  constructor(context: ReadingContext) {
    super(context)
    this.#awaited = new AwaitedRequest(context.text)
    this.#assembly = [new Assembly(context.buffers), new Assembly(context.buffers)]
    this.#bodies = [new BodyWalk(context, 0), new BodyWalk(context, 1)]
  }

  override read(packet: Packet, side: number, gap: number): number {
    if (this.#http2 !== null) {
      return this.#http2.read(packet, side, gap, packet.timestampUs) ? Next.MORE : Next.DONE
    }
    const own = side === 0 ? 0 : 1
    if (this.#carried !== null) {
      const next = this.#carried.read(packet, own, this.context)
      if (next !== Next.TURN) return next
    }
    const assembly = this.#assembly[own]
    // A head behind a hole, or an answer to one under way: the end of the one before was lost.
    if (gap > 0 && assembly.isUnderWay && isHttp(packet)) this.#endCutHead(assembly)
    const request = this.#assembly[0]
    if (own === 1 && request.isUnderWay && isHttp(packet)) this.#endCutHead(request)
    const bytes = assembly.add(packet)
    if (bytes === null) return this.#endHead(assembly, true, Next.TURN)
    const at = assembly.isUnderWay ? 0 : this.#bodies[own].pass(packet, gap)
    return this.#readMessages(packet, bytes, own, at)
  }

  /** Reads the messages that begin from `from` on, where a message may begin. */
  #readMessages(packet: Packet, bytes: Payload, own: 0 | 1, from: number): number {
    const assembly = this.#assembly[own]
    const body = this.#bodies[own]
    let at = skipLineEnds(bytes, from)
    for (let count = 0; count < MOST_OF_SEGMENT && at < bytes.payloadLength; count += 1) {
      const start = startAt(bytes, at)
      if (start === Start.PREFACE && own === 0) return this.#goOver(bytes, own, at, packet.timestampUs) // prettier-ignore
      if (start === Start.UNTOLD && assembly.waitFrom(packet, at)) return Next.MORE
      // The rest of a body, or of something else.
      const isMessage = start === Start.REQUEST || start === Start.RESPONSE
      if (!isMessage) return this.#endHead(assembly, false, Next.TURN)
      readHttpHead(bytes, at, head, this.#asked(start === Start.RESPONSE))
      if (head.end < 0 && assembly.waitFrom(packet, at)) return Next.MORE
      if (start === Start.REQUEST) this.#addRequest()
      else if (this.#addResponse()) return this.#endHttp1(bytes, own, packet.timestampUs)
      if (head.end < 0) return this.#endHead(assembly, false, Next.TURN)
      const end = body.meet(bytes, head)
      if (end === UNTOLD_END) return this.#endHead(assembly, false, body.isWanted ? Next.MORE : Next.TURN) // prettier-ignore
      at = skipLineEnds(bytes, end)
    }
    if (!body.isTooLong) return this.#endHead(assembly, false, Next.MORE)
    body.forget()
    return this.#endHead(assembly, false, Next.TURN)
  }

  /** Another protocol follows the answer just read. */
  #endHttp1(bytes: Payload, own: 0 | 1, nowUs: number): number {
    if (head.isUpgradeToHttp2 && own === 1 && head.end >= 0) return this.#goOver(bytes, own, head.end, nowUs) // prettier-ignore
    if (this.context.isHeard) this.#carried = new CarriedProtocol(false)
    return this.#endHead(this.#assembly[own], false, this.context.isHeard ? Next.MORE : Next.DONE)
  }

  /** From `at` on the connection speaks HTTP/2. */
  #goOver(bytes: Payload, own: 0 | 1, at: number, nowUs: number): number {
    this.#http2 = new Http2Connection(this.context, (read, isRequest) => {
      readHttpHead(read, 0, head, this.#asked(!isRequest))
      if (isRequest) this.#addRequest()
      else this.#addResponse()
    })
    const rest = new PayloadPart().show(bytes, at, bytes.payloadLength)
    const isTold = this.#http2.read(rest, own, 0, nowUs)
    for (const assembly of this.#assembly) assembly.end(false)
    return isTold ? Next.MORE : Next.DONE
  }

  #endCutHead(assembly: Assembly): void {
    const bytes = assembly.bytes
    if (bytes !== null) this.#readHead(bytes)
    assembly.end(false)
  }

  /** Reads the head that the bytes begin with and adds its message. */
  #readHead(bytes: Payload): void {
    const start = startAt(bytes, 0)
    if (start !== Start.REQUEST && start !== Start.RESPONSE) return
    readHttpHead(bytes, 0, head, this.#asked(start === Start.RESPONSE))
    if (start === Start.RESPONSE) this.#addResponse()
    else this.#addRequest()
  }

  #asked(isStatus: boolean): { isRequest: boolean; keepsOdd: boolean } {
    return { isRequest: !isStatus, keepsOdd: !isStatus && this.context.isHeard }
  }

  #endHead(assembly: Assembly, isLost: boolean, next: number): number {
    assembly.end(isLost)
    return next
  }

  override release(): void {
    for (const assembly of this.#assembly) assembly.end(true)
    this.#awaited.forget()
    this.#http2?.release()
    super.release()
  }

  #addRequest(): void {
    this.#requests += 1
    if (head.method === 'CONNECT' && this.context.isHeard) this.#carried = new CarriedProtocol(true)
    if (this.context.isHeard) {
      const request = requestOf(head)
      this.context.tell(request)
      this.#awaited.hold(request)
      if (head.credentials !== null) this.#logins ??= new HttpLogins()
      this.#logins?.asks(head.credentials, this.context)
    }
    this.#first ??= {
      method: head.method,
      uri: this.keep(head.uri) ?? '',
      host: this.keep(head.host),
      userAgent: this.keep(head.userAgent),
      authScheme: head.authScheme,
    }
  }

  /** A request whose head never ended: lost in part, or held back on purpose (Slowloris). */
  #cutRequest(): FirstRequest | null {
    const bytes = this.#assembly[0].bytes
    if (bytes === null || startAt(bytes, 0) !== Start.REQUEST) return null
    readHttpHead(bytes, 0, head, { isRequest: true, keepsOdd: false })
    return requestOf(head)
  }

  /** Says whether another protocol follows. */
  #addResponse(): boolean {
    this.#responses += 1
    const { status, contentType, server, contentBytes } = head
    if (status >= 400 && status < 500) this.#clientErrors += 1
    else if (status >= 500) this.#serverErrors += 1
    if (status === 401 || status === 407) this.#authFailures += 1
    if (this.context.isHeard) {
      const { request } = this.#awaited
      this.context.tell({ kind: 'http-response', request, status, contentType, server, contentBytes }) // prettier-ignore
      this.#logins?.answers(status, this.context)
    }
    const isInterim = status >= 100 && status < 200
    if (!isInterim) {
      this.#answer ??= { status, contentType: this.keep(contentType), server: this.keep(server) }
      // Of HTTP/2 several answers come to what was asked for at once.
      if (this.#http2 === null) this.#awaited.forget()
    }
    if (status >= 200) this.#bodies[0].endChunks()
    // A WebSocket, say. What CONNECT carries may be HTTP again, and is read if it is.
    return status === 101
  }

  override facts(): ApplicationFacts | null {
    const request = this.#first ?? this.#cutRequest()
    const response = this.#answer
    if (request === null && response === null) return null
    return {
      kind: 'http',
      method: request?.method ?? null,
      uri: request?.uri ?? null,
      host: request?.host ?? null,
      userAgent: request?.userAgent ?? null,
      authScheme: request?.authScheme ?? null,
      status: response?.status ?? null,
      contentType: response?.contentType ?? null,
      server: response?.server ?? null,
      requests: this.#requests,
      responses: this.#responses,
      clientErrors: this.#clientErrors,
      serverErrors: this.#serverErrors,
      authFailures: this.#authFailures,
    }
  }
}

function requestOf(read: HttpHead): HttpRequest {
  return {
    kind: 'http-request',
    method: read.method,
    uri: read.uri,
    host: read.host,
    userAgent: read.userAgent,
    contentType: read.contentType,
    authScheme: read.authScheme,
    contentBytes: read.contentBytes,
    oddHeaders: read.odd,
    hasAccept: read.hasAccept,
    hasAcceptLanguage: read.hasAcceptLanguage,
    hasReferer: read.hasReferer,
    hasCookie: read.hasCookie,
    session: read.session,
    isWhole: read.end >= 0,
  }
}
