/** An HTTP or HTTPS server on loopback that can crash and come back on its port; collectors are built on it. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import type { Certificate } from '../certificates.ts'

export interface Asked {
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

export interface HttpCollector {
  readonly port: number
  readonly url: string
  /** Requests answered so far. */
  readonly asked: readonly Asked[]
  /** Ends every connection at once. */
  crash(): Promise<void>
  /** Listens again on the same port. */
  start(): Promise<void>
}

export interface HttpCollectorOptions {
  /** With it, HTTPS; with `clientCa` only for who has a certificate of that authority. */
  readonly certificate?: Certificate | undefined
  readonly clientCa?: string | undefined
  /** Null: the connection ends without an answer. */
  answer(asked: Asked): Answer | null
}

/** Starts it; it ends with the test. */
export async function startHttpCollector(options: HttpCollectorOptions): Promise<HttpCollector> {
  const asked: Asked[] = []
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const bytes = Buffer.concat(chunks)
      const isGzip = request.headers['content-encoding'] === 'gzip'
      const { pathname, searchParams } = new URL(request.url!, 'http://x')
      const text = (isGzip ? gunzipSync(bytes) : bytes).toString('utf8')
      const question = { path: pathname, query: searchParams, headers: request.headers, text }
      asked.push(question)
      const answer = options.answer(question)
      if (answer === null) return void request.socket.destroy()
      response.writeHead(answer.status, answer.headers)
      response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body))
    })
  }
  let server = await listening(serverFor(options, listener), 0)
  const { port } = server.address() as AddressInfo
  const crash = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  onTestFinished(crash)
  return {
    port,
    url: `${options.certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    asked,
    crash,
    start: async () => {
      server = await listening(serverFor(options, listener), port)
    },
  }
}

function serverFor({ certificate, clientCa }: HttpCollectorOptions, listener: RequestListener) {
  if (certificate === undefined) return createServer(listener)
  return createTlsServer(
    {
      cert: readFileSync(certificate.certificateFile),
      key: readFileSync(certificate.keyFile),
      ...(clientCa === undefined ? {} : { ca: readFileSync(clientCa), requestCert: true }),
    },
    listener,
  )
}

async function listening(server: Server, port: number): Promise<Server> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}
