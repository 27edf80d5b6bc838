/** HTTP to a collector: connections kept, verified TLS, a limit to every time and to what may be answered. */
import {
  Agent as PlainAgent,
  request as plainRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http'
import { request as tlsRequest } from 'node:https'
import type { ConnectionLimits } from '../connections/config.ts'
import type { TlsConfig } from '../tls/index.ts'
import { VerifyingAgent } from './verifying-agent.ts'

/** Far above what a collector says of a batch. */
const LONGEST_ANSWER = 4 * 1024 * 1024

export interface HttpClientOptions {
  /** `https://HOST:PORT`, with a path before all paths where a proxy stands before the collector. */
  readonly url: string
  readonly tls: TlsConfig
  readonly limits: ConnectionLimits & { readonly idleTimeoutMs: number }
}

export interface HttpQuestion {
  readonly method: 'GET' | 'POST'
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | string
}

export interface HttpAnswer {
  readonly status: number
  /** What a busy collector asks for (RFC 9110 §10.2.3, seconds only); null without. */
  readonly retryAfterMs: number | null
  readonly text: string
}

export class HttpClient {
  readonly #options: HttpClientOptions
  readonly #agent: PlainAgent | VerifyingAgent
  readonly #closing = new AbortController()

  constructor(options: HttpClientOptions) {
    this.#options = options
    const keeping = { keepAlive: true, maxSockets: 2, timeout: options.limits.idleTimeoutMs }
    this.#agent = isTls(options.url)
      ? new VerifyingAgent({ ...keeping, tls: options.tls })
      : new PlainAgent(keeping)
  }

  /**
   * Asks, once more where a kept connection turns out to be dead.
   *
   * Errors: rejects with a reason when there is no answer in time, it is too long, or it leads elsewhere:
   * redirects are never followed, since they would carry events and secrets to whoever is named in them.
   */
  async ask(question: HttpQuestion): Promise<HttpAnswer> {
    try {
      return await this.#askOnce(question)
    } catch (cause) {
      if (!(cause instanceof DeadConnection)) throw cause
      return await this.#askOnce(question)
    }
  }

  /** Ends what is under way. */
  close(): void {
    this.#closing.abort()
    this.#agent.destroy()
  }

  #askOnce(question: HttpQuestion): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const request = this.#begin(question)
      const fail = (cause: Error): void => {
        // The collector may have closed it at the moment that we began.
        const isDead = request.reusedSocket && /^(ECONNRESET|EPIPE)$/.test(codeOf(cause))
        reject(isDead ? new DeadConnection(cause.message) : cause)
      }
      request.on('error', fail)
      let isAnswered = false
      request.on('response', (response) => {
        isAnswered = true
        answerOf(response).then(resolve, (cause: Error) => {
          request.destroy()
          reject(cause)
        })
      })
      // A server that switches protocols unasked (101) is cut off by Node with neither answer nor error.
      request.on('close', () => {
        if (!isAnswered) reject(new Error('the collector closed the connection unanswered'))
      })
      limitTimes(request, this.#options)
      request.end(question.body)
    })
  }

  #begin({ method, path, headers, body }: HttpQuestion): ClientRequest {
    const url = new URL(this.#options.url)
    const begin = isTls(this.#options.url) ? tlsRequest : plainRequest
    return begin({
      method,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      path: `${url.pathname.replace(/\/$/, '')}${path}`,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      agent: this.#agent,
      signal: this.#closing.signal,
    })
  }
}

class DeadConnection extends Error {}

async function answerOf(response: IncomingMessage): Promise<HttpAnswer> {
  const status = response.statusCode ?? 0
  if (status >= 300 && status < 400) {
    const target = (response.headers.location ?? 'nowhere').slice(0, 200)
    throw new Error(
      `the collector redirects to ${target}, which is not followed; name it in the URL`,
    )
  }
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > LONGEST_ANSWER)
      throw new Error(`the answer is longer than ${LONGEST_ANSWER} bytes`)
    chunks.push(chunk)
  }
  const seconds = Number(response.headers['retry-after'])
  const retryAfterMs = seconds > 0 ? Math.min(300, seconds) * 1000 : null
  return { status, retryAfterMs, text: Buffer.concat(chunks).toString('utf8') }
}

/** Two limits: until the connection stands, and from then until the answer is there. */
function limitTimes(request: ClientRequest, { url, limits }: HttpClientOptions): void {
  const { host } = new URL(url)
  const limit = (ms: number, complaint: string): NodeJS.Timeout =>
    setTimeout(() => request.destroy(new Error(`${complaint} within ${ms} ms`)), ms)
  const noConnection = (): NodeJS.Timeout =>
    limit(limits.connectTimeoutMs, `no connection to ${host}`)
  let timer = noConnection()
  const stands = (): void => {
    clearTimeout(timer)
    timer = limit(limits.writeTimeoutMs, `no answer from ${host}`)
  }
  request.on('socket', (socket) => {
    if (!socket.connecting) stands()
    else socket.once(isTls(url) ? 'secureConnect' : 'connect', stands)
  })
  request.on('close', () => clearTimeout(timer))
}

const isTls = (url: string): boolean => url.startsWith('https:')
const codeOf = (cause: Error): string => String((cause as { code?: unknown }).code)
