/** One request from its arrival to its answer: who asks, how often, what for; done once, audited, told in a problem. */
import type { Clock } from '../core/clock.ts'
import { fromAddress } from '../core/order-origin.ts'
import type { Log } from '../core/log/log.ts'
import type { Metrics } from '../core/log/metrics.ts'
import type { AnswerStore } from '../record/logs/api/answer-store.ts'
import type { AuditEntry } from '../record/logs/audit-trail.ts'
import type { AuditTrail } from '../record/record.ts'
import { createBoundedAudit } from './access/bounded-audit.ts'
import { hasScope, type Authenticator, type Caller, type Peer } from './auth.ts'
import { readJsonBody, refuseBody } from './body.ts'
import type { ApiConfig } from './config.ts'
import { handlerOf, type AnyAnswer, type AnyRequest, type Handlers } from './contract/contract.ts'
import type { Operation, OperationId } from './contract/document.ts'
import { Edits } from './limits/edits.ts'
import { etagOf, isKnown, readersOf, refuseOtherEdition } from './limits/editions.ts'
import { IDEMPOTENCY_HEADER, Repeats } from './limits/repeats.ts'
import { RequestRate, type Allowance } from './limits/request-rate.ts'
import { Turns } from './limits/turns.ts'
import {
  ApiProblem,
  forbidden,
  invalidRequest,
  problemFrom,
  problemResponse,
  tooManyRequests,
  unauthorized,
} from './problem.ts'
import type { RequestCheck } from './contract/validation.ts'

const MAX_URL_LENGTH = 8192
const NOT_MODIFIED = 304

export interface ServeParts {
  readonly operations: readonly Operation[]
  readonly checks: ReadonlyMap<string, RequestCheck>
  readonly handlers: Handlers
  readonly authenticator: Authenticator
  readonly answers: AnswerStore
  readonly audit: AuditTrail
  readonly config: ApiConfig
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Log
}

/** A request as it came in, matched to its operation. */
export interface Arrival {
  readonly operation: Operation
  readonly request: Request
  readonly peer: Peer
  readonly path: Readonly<Record<string, string>>
}

/** Errors: `unauthorized` without a caller, `forbidden` for one without the scope. */
function assertMay({ isOpen, scope }: Operation, caller: Caller | null): void {
  if (isOpen || scope === null) return
  if (caller === null) throw unauthorized('no token was sent')
  if (!hasScope(caller, scope)) throw forbidden(scope, caller.scopes)
}

/** Serves requests, whatever is in them: every failure is a problem. */
export class Server {
  readonly #parts: ServeParts
  /** Of the network; the local operator is never kept out by it. */
  readonly #turns: Turns
  readonly #rate: RequestRate
  readonly #repeats: Repeats
  readonly #edits = new Edits()
  readonly #readers: ReadonlyMap<OperationId, Operation>
  readonly #edited: ReadonlySet<OperationId>
  readonly #auditRefusal: (refusal: AuditEntry) => void

  constructor(parts: ServeParts) {
    const { limits } = parts.config
    this.#parts = parts
    this.#turns = new Turns(limits.concurrentRequests, 'requests')
    this.#rate = new RequestRate(limits.requestsPerMinute, parts.clock)
    this.#repeats = new Repeats(parts.answers, (error) => {
      parts.log.error('An answer could not be remembered', { error: error.message })
    })
    this.#readers = readersOf(parts.operations)
    this.#edited = new Set([...this.#readers.values()].map(({ id }) => id))
    this.#auditRefusal = createBoundedAudit(parts.audit, parts.clock, (error) =>
      this.#auditFailed(error),
    )
  }

  async serve(arrival: Arrival): Promise<Response> {
    const { operation, peer } = arrival
    let allowance: Allowance | null = null
    let endTurn = (): void => undefined
    let asking: Caller | null = null
    let response: Response
    try {
      if (peer.kind !== 'local') endTurn = this.#turns.take()
      const caller = (asking = this.#authenticate(arrival))
      assertMay(operation, caller)
      if (peer.kind !== 'local') {
        allowance = this.#rate.take(caller?.actor ?? peer.address ?? 'unknown')
        if (allowance.isExceeded) throw tooOften(allowance)
      }
      const answer = fromAddress(caller?.address ?? null, () => this.#answer(arrival, caller))
      response = this.#respond(arrival, await answer)
    } catch (error) {
      if (asking !== null) this.#tellForbidden(error, operation, asking)
      response = this.failed(error, operation.id)
    } finally {
      endTurn()
    }
    // Nobody would ever read it, or end it.
    if (arrival.request.method === 'HEAD') void response.body?.cancel()
    for (const [name, value] of Object.entries(allowance?.headers ?? {})) {
      response.headers.set(name, value)
    }
    return response
  }

  #authenticate({ request, peer }: Arrival): Caller | null {
    if (request.url.length > MAX_URL_LENGTH) throw urlTooLong()
    const authorization = request.headers.get('authorization') ?? undefined
    return this.#parts.authenticator.authenticate(peer, authorization)
  }

  /** Who tries what they may not is to be found in the trail, as what they did is. */
  #tellForbidden(error: unknown, { id }: Operation, caller: Caller): void {
    if (!(error instanceof ApiProblem) || error.body.status !== 403) return
    const { actor, tokenId, scopes, address: peer } = caller
    const details = { tokenId, scopes, reason: error.body.detail ?? error.body.title }
    this.#auditRefusal({ actor, action: 'api.refused', subject: id, details, peer })
  }

  #auditFailed(error: unknown): void {
    this.#parts.log.error('A call of the API could not be audited', { error: String(error) })
  }

  async #answer(arrival: Arrival, caller: Caller | null): Promise<AnyAnswer> {
    const { operation, request } = arrival
    const checked = { ...(await this.#check(arrival)), caller, headers: request.headers }
    const key = request.headers.get(IDEMPOTENCY_HEADER)
    // Whoever may only read must not push out what is remembered of those who change something.
    const isChange = operation.method === 'POST' && operation.scope !== 'read'
    if (!isChange || key === null || caller === null) return this.#work(operation, checked)
    const { query, path, body } = checked
    const content = [operation.id, path, query, body]
    const { isAnswerSecret, isRepeatable } = operation
    const asked = { key, caller: caller.actor, content, isAnswerSecret, isRepeatable }
    return this.#repeats.once(asked, () => this.#work(operation, checked))
  }

  async #check({ operation, request, path: given }: Arrival) {
    const check = this.#parts.checks.get(operation.id)!
    const search = new URL(request.url).searchParams
    const { query, path, faults } = check.parameters({ query: search, path: given })
    const { bodySchema, leastMaxBodyBytes } = operation
    const most = Math.max(this.#parts.config.maxBodyBytes, leastMaxBodyBytes)
    const body = await (bodySchema === null
      ? refuseBody(request, most)
      : readJsonBody(request, most))
    const all = [...faults, ...check.body(body)]
    if (all.length > 0) throw invalidRequest(all)
    return { query, path, body }
  }

  async #work(operation: Operation, request: AnyRequest): Promise<AnyAnswer> {
    const reader = this.#readers.get(operation.id)
    const answer = await (reader === undefined
      ? handlerOf(this.#parts.handlers, operation.id)(request)
      : this.#edit(operation, reader, request))
    await this.#auditChange(operation, request)
    return answer
  }

  #edit({ id }: Operation, reader: Operation, request: AnyRequest): Promise<AnyAnswer> {
    const ifMatch = request.headers.get('if-match')
    const thing = `${reader.path} ${JSON.stringify(request.path).toLowerCase()}`
    return this.#edits.inTurn(thing, async () => {
      if (ifMatch !== null) {
        await refuseOtherEdition(ifMatch, () => this.#presentState(reader, request))
      }
      return handlerOf(this.#parts.handlers, id)(request)
    })
  }

  async #presentState(reader: Operation, request: AnyRequest): Promise<AnyAnswer | null> {
    try {
      return await handlerOf(this.#parts.handlers, reader.id)({ ...request, query: {} })
    } catch (error) {
      if (error instanceof ApiProblem && error.body.status === 404) return null
      throw error
    }
  }

  /** Who changed something, and from where; what was changed is audited where it is done. */
  async #auditChange({ id, method, scope }: Operation, request: AnyRequest): Promise<void> {
    const { caller } = request
    if (method === 'GET' || scope === 'read' || caller === null) return
    const { actor, tokenId, address } = caller
    const details = { tokenId, peer: address ?? 'unix socket', path: request.path }
    try {
      await this.#parts.audit.append({ actor, action: 'api.called', subject: id, details })
    } catch (error) {
      // It is done, and the client must know that.
      this.#auditFailed(error)
    }
  }

  #respond({ operation, request }: Arrival, answer: AnyAnswer): Response {
    const type = operation.answerTypes.get(answer.status) ?? 'application/json'
    const etag = this.#edited.has(operation.id) ? etagOf(answer) : null
    if (etag !== null && isKnown(etag, request.headers.get('if-none-match'))) {
      this.#count(operation.id, NOT_MODIFIED)
      return new Response(null, { status: NOT_MODIFIED, headers: { etag } })
    }
    const headers = { 'content-type': type, ...(etag === null ? {} : { etag }), ...answer.headers }
    this.#count(operation.id, answer.status)
    return new Response(bodyOf(answer, type), { status: answer.status, headers })
  }

  /** Tells a failure; our own mistakes go to the log in full and to the client without our insides. */
  failed(error: unknown, operation: string): Response {
    const problem = problemFrom(error)
    this.#count(operation, problem.body.status)
    if (problem.body.status === 500) {
      const stack = error instanceof Error ? error.stack : String(error)
      this.#parts.log.error('An API request failed by our own mistake', { operation, stack })
    }
    return problemResponse(problem)
  }

  #count(operation: string, status: number): void {
    const labels = { operation, status: String(status) }
    this.#parts.metrics.count('api_requests_total', 'API requests answered', 1, labels)
  }
}

function bodyOf({ body }: AnyAnswer, type: string) {
  if (body instanceof Uint8Array) return new Uint8Array(body)
  if (body instanceof ReadableStream) return body as ReadableStream<Uint8Array>
  return type === 'application/json' ? JSON.stringify(body) : String(body)
}

function tooOften({ secondsToReset }: Allowance): ApiProblem {
  return tooManyRequests('api.limits.requestsPerMinute is reached', secondsToReset)
}

const urlTooLong = (): ApiProblem =>
  new ApiProblem('uri-too-long', { detail: `a URL may have ${MAX_URL_LENGTH} characters` })
