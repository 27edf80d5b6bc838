/**
 * HTTP/1 (RFC 9112): requests and responses as they begin a segment; of bodies the first bytes are told,
 * the rest is passed over.
 *
 * Left out: HTTP/2 (recognised by its preface, and only its frames counted) and later, heads cut over segments beyond their first
 * 8 KiB, pipelined responses behind a body.
 */
import type { Packet } from '../../../decode/index.ts'
import type { ApplicationFacts, HttpRequest, HttpResponse } from '../facts.ts'
import { pattern, startsWith, type Payload } from '../payload.ts'
import { FactReader, Next, type ReadingContext } from '../reader.ts'
import { Assembly } from '../stream-buffers.ts'
import { HttpLogins } from './http-login.ts'
import { afterChunkLength, bodyFact } from './http-body.ts'
import { HttpHead, readHttpHead } from './http-head.ts'
import { Http2Frames } from './http2-frames.ts'

const METHODS = [
  'GET ', 'POST ', 'HEAD ', 'PUT ', 'DELETE ', 'OPTIONS ', 'PATCH ', 'CONNECT ', 'TRACE ',
  'PROPFIND ',
].map(pattern) // prettier-ignore
const VERSION = pattern('HTTP/')
const PREFACE = pattern('PRI * HTTP/2')
/** Bodies up to so many bytes are followed to the next message, longer ones until the other side speaks. */
const SHORT_BODY = 16_384
/** Messages read of one segment. */
const MOST_OF_SEGMENT = 16

/** What is awaited of a side: nothing, a body, a body in chunks. */
const Body = { NONE: 0, PLAIN: 1, CHUNKED: 2 } as const

const head = new HttpHead()

/** A request in a known method, or a status line. */
export function isHttp(payload: Payload): boolean {
  return startsWith(payload, VERSION) || isRequest(payload, 0) || startsWith(payload, PREFACE)
}

function isRequest(payload: Payload, at: number): boolean {
  for (const method of METHODS) if (startsWith(payload, method, at)) return true
  return false
}

export class HttpReader extends FactReader {
  readonly #assembly: readonly [Assembly, Assembly]
  /** Bytes of a body that are still to come. */
  readonly #left: [number, number] = [0, 0]
  /** Whose body begins with that side's next segment. */
  readonly #awaits: [number, number] = [Body.NONE, Body.NONE]
  #request: HttpRequest | null = null
  #response: HttpResponse | null = null
  #requests = 0
  #responses = 0
  #clientErrors = 0
  #serverErrors = 0
  #authFailures = 0
  #logins: HttpLogins | null = null
  #frames: Http2Frames | null = null

  constructor(context: ReadingContext) {
    super(context)
    this.#assembly = [new Assembly(context.buffers), new Assembly(context.buffers)]
  }

  override read(packet: Packet, side: number, gap: number): number {
    if (this.#frames !== null)
      return side === 0 ? this.#readFrames(packet, gap, packet.timestampUs) : Next.MORE
    const own = side === 0 ? 0 : 1
    const assembly = this.#assembly[own]
    // A head behind a hole, or an answer to one under way: the end of the one before was lost.
    if (gap > 0 && assembly.isUnderWay && isHttp(packet)) this.#endCutHead(assembly)
    const request = this.#assembly[0]
    if (own === 1 && request.isUnderWay && isHttp(packet)) this.#endCutHead(request)
    const bytes = assembly.add(packet)
    if (bytes === null) return this.#endHead(assembly, true, Next.TURN)
    if (startsWith(bytes, PREFACE)) {
      this.#requests += 1
      this.#request ??= { ...NO_REQUEST, method: 'PRI', uri: '*' }
      return this.#endHead(assembly, false, this.#goOverToFrames(bytes, own, packet.timestampUs))
    }
    if (this.#awaits[own] !== Body.NONE && !assembly.isUnderWay) this.#tellBody(packet, 0, own)
    let at = assembly.isUnderWay ? 0 : this.#passBody(packet, own, gap)
    for (let count = 0; count < MOST_OF_SEGMENT && at < bytes.payloadLength; count += 1) {
      const isStatus = startsWith(bytes, VERSION, at)
      // The rest of a body, or of something else.
      if (!isStatus && !isRequest(bytes, at)) return this.#endHead(assembly, false, Next.TURN)
      readHttpHead(bytes, at, head, this.#asked(isStatus))
      if (head.end < 0 && at === 0 && assembly.wait(packet)) {
        return Next.MORE
      }
      const next = isStatus ? this.#addResponse() : this.#addRequest()
      const end = head.end + (head.contentBytes ?? 0)
      if (next !== Next.DONE && head.end >= 0) this.#meetBody(bytes, own)
      if (next !== Next.MORE || head.end < 0) {
        const isAwaiting = next === Next.TURN && this.#awaits[own] !== Body.NONE
        return this.#endHead(assembly, false, isAwaiting ? Next.MORE : next || Next.TURN)
      }
      this.#left[own] = Math.max(0, end - bytes.payloadLength)
      at = end
    }
    return this.#endHead(assembly, false, this.#waitForBody(own))
  }

  /** From here on only a client's frames are counted, where somebody listens. */
  #goOverToFrames(bytes: Payload, own: 0 | 1, nowUs: number): number {
    if (!this.context.isHeard || own !== 0) return Next.DONE
    this.#frames = new Http2Frames()
    return this.#readFrames(bytes, 0, nowUs)
  }

  #readFrames(segment: Payload, gap: number, nowUs: number): number {
    if (this.#frames?.read(segment, gap, nowUs) !== true) return Next.DONE
    const burden = this.#frames.due()
    if (burden !== null) this.context.tell(burden)
    return Next.MORE
  }

  #endCutHead(assembly: Assembly): void {
    const bytes = assembly.bytes
    if (bytes !== null) this.#readHead(bytes, 0)
    assembly.end(false)
  }

  /** Reads the head that begins at `at` and adds its message. */
  #readHead(bytes: Payload, at: number): number {
    const isStatus = startsWith(bytes, VERSION, at)
    readHttpHead(bytes, at, head, this.#asked(isStatus))
    return isStatus ? this.#addResponse() : this.#addRequest()
  }

  /** Returns where the next message begins in a segment, behind what is left of a body. */
  #passBody(packet: Packet, side: 0 | 1, gap: number): number {
    const left = Math.max(0, this.#left[side] - Math.max(0, gap))
    this.#left[side] = Math.max(0, left - packet.payloadLength)
    return left
  }

  /** A short body is looked at as it passes, a long one is not: a download must cost nothing. */
  #waitForBody(side: 0 | 1): number {
    if (this.#left[side] <= SHORT_BODY || this.#awaits[side] !== Body.NONE) return Next.MORE
    this.#left[side] = 0
    return Next.TURN
  }

  #asked(isStatus: boolean): { isRequest: boolean; keepsOdd: boolean } {
    return { isRequest: !isStatus, keepsOdd: !isStatus && this.context.isHeard }
  }

  /** Tells how the body begins that belongs to the head just read, or waits for it. */
  #meetBody(bytes: Payload, side: 0 | 1): void {
    if (!this.context.isHeard) return
    const isEndless = side === 1 && head.contentBytes === null && !hasNoBody(head.status)
    if (!head.isChunked && !isEndless && (head.contentBytes ?? 0) === 0) return
    this.#awaits[side] = head.isChunked ? Body.CHUNKED : Body.PLAIN
    if (head.end < bytes.payloadCaptured) this.#tellBody(bytes, head.end, side)
  }

  #tellBody(bytes: Payload, at: number, side: 0 | 1): void {
    const isChunked = this.#awaits[side] === Body.CHUNKED
    this.#awaits[side] = Body.NONE
    const from = isChunked ? afterChunkLength(bytes, at) : at
    this.context.tell(bodyFact(bytes, from, side === 1))
  }

  #endHead(assembly: Assembly, isLost: boolean, next: number): number {
    assembly.end(isLost)
    return next
  }

  override get isAssembling(): boolean {
    return this.#assembly[0].isUnderWay || this.#assembly[1].isUnderWay
  }

  override release(): void {
    for (const assembly of this.#assembly) assembly.end(true)
    super.release()
  }

  #addRequest(): number {
    this.#requests += 1
    if (this.context.isHeard) {
      this.context.tell(requestOf(head))
      if (head.credentials !== null) this.#logins ??= new HttpLogins()
      this.#logins?.asks(head.credentials)
    }
    if (this.#request === null) {
      const request = requestOf(head)
      this.#request = {
        ...request,
        uri: this.keep(request.uri) ?? '',
        host: this.keep(request.host),
        userAgent: this.keep(request.userAgent),
      }
    }
    return head.isChunked ? Next.TURN : Next.MORE
  }

  /** A request whose head never ended: lost in part, or held back on purpose (Slowloris). */
  #cutRequest(): HttpRequest | null {
    const bytes = this.#assembly[0].bytes
    if (bytes === null || !isRequest(bytes, 0)) return null
    readHttpHead(bytes, 0, head, { isRequest: true, keepsOdd: false })
    return requestOf(head)
  }

  #addResponse(): number {
    this.#responses += 1
    const { status, contentType, server, contentBytes } = head
    if (status >= 400 && status < 500) this.#clientErrors += 1
    else if (status >= 500) this.#serverErrors += 1
    if (status === 401 || status === 407) this.#authFailures += 1
    if (this.context.isHeard || this.#response === null) {
      const response: HttpResponse = {
        kind: 'http-response',
        status,
        contentType,
        server,
        contentBytes,
      }
      if (this.context.isHeard) {
        this.context.tell(response)
        this.#logins?.answers(status, this.context)
      }
      const isInterim = status >= 100 && status < 200
      if (!isInterim) {
        this.#response ??= {
          kind: 'http-response',
          status,
          contentType: this.keep(contentType),
          server: this.keep(server),
          contentBytes,
        }
      }
    }
    // Another protocol from here on: a WebSocket, or whatever CONNECT carries.
    if (status === 101 || (status === 200 && this.#request?.method === 'CONNECT')) return Next.DONE
    return head.isChunked || contentBytes === null ? Next.TURN : Next.MORE
  }

  override facts(): ApplicationFacts | null {
    const request = this.#request ?? this.#cutRequest()
    const response = this.#response
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

/** RFC 9112 §6.3: interim answers, 204 and 304 end with their head. */
function hasNoBody(status: number): boolean {
  return status < 200 || status === 204 || status === 304
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
    isWhole: read.end >= 0,
  }
}

const NO_REQUEST: Omit<HttpRequest, 'method' | 'uri'> = {
  kind: 'http-request',
  host: null,
  userAgent: null,
  contentType: null,
  authScheme: null,
  contentBytes: null,
  oddHeaders: [],
  hasAccept: false,
  hasAcceptLanguage: false,
  hasReferer: false,
  hasCookie: false,
  isWhole: true,
}
