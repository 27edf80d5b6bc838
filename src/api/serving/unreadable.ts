/** What cannot be read as a request is answered with a problem too, where the answer can still be told. */
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { RequestError } from '@hono/node-server'
import { ApiProblem, problemFrom, problemResponse } from '../problem.ts'
import { SECURITY_HEADERS } from '../security-headers.ts'

/** Answers what Node's own parser refuses, and takes no offence at an `Expect` that nobody knows. */
export function answerUnreadable(server: Server): void {
  const answers = new WeakMap<Duplex, ServerResponse>()
  server.on('request', ({ socket }: IncomingMessage, answer: ServerResponse) => {
    answers.set(socket, answer)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const answer = answers.get(socket)
    // Amid an answer nothing can be told any more.
    const isAmid = answer !== undefined && answer.headersSent && !answer.writableFinished
    if (!socket.writable || isAmid) socket.destroy()
    else socket.end(written(problemOf(error)), () => socket.destroy())
  })
  // RFC 9110 section 10.1.1: it may be ignored.
  server.on('checkExpectation', (request, answer) => server.emit('request', request, answer))
}

/** Answers a request that never came to the API: its host or path is none, or else it is a mistake of ours. */
export function unreadableResponse(error: unknown): Response {
  const isOfClient = error instanceof RequestError
  const problem = isOfClient ? unreadable('its Host or its path is none') : problemFrom(error)
  const response = problemResponse(problem)
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.headers.set(name, value)
  return response
}

function problemOf({ code }: NodeJS.ErrnoException): ApiProblem {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new ApiProblem('headers-too-large', { detail: 'the headers may have 16 KiB in all' })
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new ApiProblem('request-timeout', { detail: 'the request did not arrive in time' })
  }
  return unreadable('it is no HTTP/1.1')
}

const unreadable = (why: string): ApiProblem =>
  new ApiProblem('invalid-request', { detail: `the request cannot be read: ${why}` })

/** The whole answer as it goes over the wire. */
function written({ body }: ApiProblem): string {
  const text = JSON.stringify(body)
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  const status = `HTTP/1.1 ${body.status} ${STATUS_CODES[body.status]}`
  return [status, ...lines, '', text].join('\r\n')
}
