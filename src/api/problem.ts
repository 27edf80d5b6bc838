/** Failures as RFC 9457 problems: the one table of their types, and how errors become them. */
import type { components } from '../../openapi/contract.d.ts'
import { nearest } from '../core/text/nearest.ts'
import { counted } from '../core/text/amount.ts'
import { PicketError } from '../core/errors.ts'
import type { Scope } from '../record/logs/api/token-store.ts'
import { BlockRefused } from '../respond/index.ts'

export type Problem = components['schemas']['Problem']
export type ProblemName = NameOf<Problem['type']>
type NameOf<Type extends string> = Type extends `urn:picket:problem:${infer Name}` ? Name : never

/** A fault of the request, as `invalid-request` lists it. */
export type Fault = NonNullable<Problem['errors']>[number]

interface Kind {
  readonly status: number
  readonly title: string
  /** What to do where nothing better is known. */
  readonly hint?: string
}

const PROBLEMS: Readonly<Record<ProblemName, Kind>> = {
  'invalid-request': {
    status: 400,
    title: "The request does not fit the API's description",
    hint: 'nothing was done; GET /openapi.json describes what each operation takes',
  },
  unauthorized: { status: 401, title: 'A valid token is needed' },
  forbidden: { status: 403, title: 'The token may not do this' },
  'not-found': {
    status: 404,
    title: 'There is no such thing',
    hint: 'ids come from lists and events; GET /openapi.json describes everything there is',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The method does not fit this path',
    hint: 'use one of the methods that the header Allow names',
  },
  'block-refused': { status: 409, title: 'The block was refused' },
  'replay-refused': { status: 409, title: 'The replay was refused' },
  'body-too-large': {
    status: 413,
    title: 'The request body is too large',
    hint: 'send less at once, in several requests',
  },
  'idempotency-conflict': { status: 409, title: 'The idempotency key is in use' },
  'precondition-failed': { status: 412, title: 'It was changed by somebody else' },
  'uri-too-long': {
    status: 414,
    title: 'The URL is too long',
    hint: 'ask for less at once, or leave out what is not needed',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    hint: 'leave out the headers that are not needed',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    hint: 'send headers and body at once, in one go',
  },
  'idempotency-mismatch': {
    status: 422,
    title: 'The idempotency key was used for another request',
  },
  'too-many-requests': { status: 429, title: 'There were too many requests' },
  'unsupported-media-type': { status: 415, title: "The body's media type is not supported" },
  'not-an-orderer': { status: 409, title: 'The fleet is not ordered from here' },
  'fleet-unavailable': { status: 503, title: "The fleet's bus could not be reached" },
  'firewall-unavailable': { status: 503, title: 'The firewall could not be changed' },
  'record-unavailable': { status: 503, title: 'The record could not be written or read' },
  'not-ready': { status: 503, title: 'The agent is not ready' },
  'too-busy': { status: 503, title: 'The agent is too busy' },
  internal: {
    status: 500,
    title: 'Picket made a mistake',
    hint: 'ask again; if it stays, report it with what the log of the agent says',
  },
}

/** No query takes longer, so that by then others have ended; and the firewall has been tried again. */
const RETRY_LATER = { 'retry-after': '10' } as const

type ProblemDetails = Omit<Problem, 'type' | 'title' | 'status'>
type ProblemHeaders = Readonly<Record<string, string>>

/** A problem on its way to the client: thrown anywhere in a request, turned into the answer at the edge. */
export class ApiProblem extends Error {
  readonly body: Problem
  readonly headers: ProblemHeaders

  constructor(name: ProblemName, details: ProblemDetails = {}, headers: ProblemHeaders = {}) {
    const { hint, ...kind } = PROBLEMS[name]
    super(details.detail ?? kind.title)
    this.name = 'ApiProblem'
    const given = hint === undefined ? details : { hint, ...details }
    this.body = { type: `urn:picket:problem:${name}`, ...kind, ...given }
    this.headers = headers
  }
}

/** Gives `invalid-request` with every fault that was found. */
export function invalidRequest(faults: readonly Fault[]): ApiProblem {
  const detail = `${counted(faults.length, 'fault')} in the request`
  return new ApiProblem('invalid-request', { detail, errors: [...faults] })
}

/** Gives `unauthorized` with the challenge that RFC 6750 §3 asks for. */
export function unauthorized(detail: string): ApiProblem {
  const challenge = 'Bearer realm="picket"'
  return new ApiProblem(
    'unauthorized',
    { detail, hint: 'send `Authorization: Bearer TOKEN`; `picket token create` makes a token' },
    { 'www-authenticate': challenge },
  )
}

/** Gives `too-many-requests`, with when to come again. */
export function tooManyRequests(detail: string, seconds: number): ApiProblem {
  const hint = `wait ${seconds} s before the next request`
  const headers = { 'retry-after': String(seconds) }
  return new ApiProblem('too-many-requests', { detail, hint }, headers)
}

/** Gives `not-found`. */
export function notFound(detail: string): ApiProblem {
  return new ApiProblem('not-found', { detail })
}

/** So many names fit into a hint. */
const MOST_NAMES = 10

/** Gives `not-found` for something that goes by a name, with the one that was meant, or the few that there are. */
export function noSuchName(what: string, name: string, known: readonly string[]): ApiProblem {
  const detail = `there is no ${what} with this name`
  const meant = nearest(name, known)
  if (meant !== null) return new ApiProblem('not-found', { detail, hint: `did you mean ${meant}?` })
  if (known.length === 0 || known.length > MOST_NAMES) return notFound(detail)
  return new ApiProblem('not-found', { detail, hint: `expected one of ${known.join(', ')}` })
}

/** Gives `forbidden`, naming the scope that is missing. */
export function forbidden(scope: Scope, held: readonly Scope[]): ApiProblem {
  const has = held.length === 0 ? 'none' : held.join(', ')
  return new ApiProblem(
    'forbidden',
    {
      detail: `this operation needs the scope ${scope}; the token has ${has}`,
      scope,
      hint: `make a token that has it: picket token create --scopes ${[...held, scope].join(',')}`,
    },
    {
      'www-authenticate': `Bearer realm="picket", error="insufficient_scope", scope="${scope}"`,
    },
  )
}

/**
 * Turns whatever was thrown into a problem.
 *
 * A `PicketError` keeps its message and hint, which are written for people; anything else is our own
 * mistake and tells the client nothing about our insides.
 */
export function problemFrom(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error
  if (!(error instanceof PicketError)) return internal()
  const guard = error instanceof BlockRefused ? { guard: error.guard } : {}
  const details = {
    detail: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  }
  switch (error.code) {
    case 'ERR_API_REQUEST':
      return invalidRequest([{ field: 'cursor', message: error.hint ?? error.message }])
    case 'ERR_BLOCK_REFUSED':
      return new ApiProblem('block-refused', { ...details, ...guard })
    case 'ERR_REPLAY_REFUSED':
      return new ApiProblem('replay-refused', details)
    case 'ERR_FLEET_ORDERER':
      return new ApiProblem('not-an-orderer', details)
    case 'ERR_FLEET_CONNECT':
      return new ApiProblem('fleet-unavailable', details)
    case 'ERR_FIREWALL_DENIED':
    case 'ERR_FIREWALL_MISSING':
    case 'ERR_FIREWALL_FAILED':
      return new ApiProblem('firewall-unavailable', details, RETRY_LATER)
    case 'ERR_RECORD_LOCKED':
    case 'ERR_RECORD_OPEN':
    case 'ERR_RECORD_READ':
    case 'ERR_RECORD_DAMAGED':
    case 'ERR_RECORD_WRITE':
    case 'ERR_RECORD_BUSY':
      return new ApiProblem('record-unavailable', details, RETRY_LATER)
    default:
      return internal()
  }
}

/** Renders a problem as the answer. */
export function problemResponse(problem: ApiProblem): Response {
  return new Response(JSON.stringify(problem.body), {
    status: problem.body.status,
    headers: { ...problem.headers, 'content-type': 'application/problem+json' },
  })
}

function internal(): ApiProblem {
  return new ApiProblem('internal', { detail: "the agent's own log has the details" })
}
