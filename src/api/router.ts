/** Hono's home: routes made from the document, each request authenticated, checked, handled and answered. */
import { Hono, type Context } from 'hono'
import type { Log } from '../core/log.ts'
import type { Metrics } from '../core/metrics.ts'
import { hasScope, type Authenticator, type Caller, type Peer } from './auth.ts'
import { readJsonBody } from './body.ts'
import { handlerOf, type AnyAnswer, type Handlers } from './contract.ts'
import type { Operation } from './document.ts'
import {
  ApiProblem,
  forbidden,
  invalidRequest,
  problemFrom,
  problemResponse,
  unauthorized,
} from './problem.ts'
import type { RequestCheck } from './validation.ts'

/** What the listener says about each request. */
export interface ApiBindings {
  readonly peer: Peer
}
type ApiContext = Context<{ Bindings: ApiBindings }>

/** The API as a function from Request to Response; `listen` gives it sockets. */
export type ApiApp = Hono<{ Bindings: ApiBindings }>

export interface RouterParts {
  readonly operations: readonly Operation[]
  readonly checks: ReadonlyMap<string, RequestCheck>
  readonly handlers: Handlers
  readonly authenticator: Authenticator
  readonly maxBodyBytes: number
  readonly metrics: Metrics
  readonly log: Log
}

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

/** Makes the app: one route for each operation of the document, and a problem for everything else. */
export function createRouter(parts: RouterParts): ApiApp {
  const app: ApiApp = new Hono()
  app.use(async (context, next) => {
    await next()
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) context.header(name, value)
  })
  for (const operation of parts.operations) {
    app.on(operation.method, routeOf(operation.path), (context) => serve(parts, operation, context))
  }
  for (const path of new Set(parts.operations.map((operation) => operation.path))) {
    app.all(routeOf(path), () => refuseMethod(parts.operations, path))
  }
  app.notFound((context) =>
    problemResponse(
      new ApiProblem('not-found', {
        detail: `there is nothing at ${context.req.path.slice(0, 200)}`,
        hint: 'GET /openapi.json describes everything there is',
      }),
    ),
  )
  app.onError((error) => failed(parts, error, 'unknown'))
  return app
}

/** Turns the document's `{name}` into the router's `:name`. */
const routeOf = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1')

async function serve(parts: RouterParts, operation: Operation, context: ApiContext) {
  try {
    const caller = authorise(parts.authenticator, operation, context)
    const request = await checkRequest(parts, operation, context)
    const answer = await handlerOf(parts.handlers, operation.id)({ ...request, caller })
    countRequest(parts.metrics, operation.id, answer.status)
    return respond(operation, answer)
  } catch (error) {
    return failed(parts, error, operation.id)
  }
}

function authorise(
  authenticator: Authenticator,
  operation: Operation,
  context: ApiContext,
): Caller | null {
  const caller = authenticator.authenticate(context.env.peer, context.req.header('authorization'))
  if (operation.isOpen || operation.scope === null) return caller
  if (caller === null) throw unauthorized('no token was sent')
  if (!hasScope(caller, operation.scope)) throw forbidden(operation.scope, caller.scopes)
  return caller
}

async function checkRequest(parts: RouterParts, operation: Operation, context: ApiContext) {
  const check = parts.checks.get(operation.id)!
  const search = new URL(context.req.url).searchParams
  const { query, path, faults } = check.parameters({ query: search, path: context.req.param() })
  const takesBody = operation.bodySchema !== null
  const body = takesBody ? await readJsonBody(context.req.raw, parts.maxBodyBytes) : undefined
  const all = [...faults, ...check.body(body)]
  if (all.length > 0) throw invalidRequest(all)
  return { query, path, body }
}

function respond(operation: Operation, answer: AnyAnswer): Response {
  const type = operation.answerTypes.get(answer.status) ?? 'application/json'
  const headers = { 'content-type': type, ...answer.headers }
  return new Response(bodyOf(answer, type), { status: answer.status, headers })
}

function bodyOf({ body }: AnyAnswer, type: string): string | Uint8Array<ArrayBuffer> {
  if (body instanceof Uint8Array) return new Uint8Array(body)
  return type === 'application/json' ? JSON.stringify(body) : String(body)
}

function refuseMethod(operations: readonly Operation[], path: string): Response {
  const methods = operations.filter((one) => one.path === path).map((one) => one.method)
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ')
  const detail = `${path} takes ${allow}`
  return problemResponse(new ApiProblem('method-not-allowed', { detail }, { allow }))
}

function failed(parts: RouterParts, error: unknown, operation: string): Response {
  const problem = problemFrom(error)
  countRequest(parts.metrics, operation, problem.body.status)
  if (problem.body.status === 500) {
    const stack = error instanceof Error ? error.stack : String(error)
    parts.log.error('An API request failed by our own mistake', { operation, stack })
  }
  return problemResponse(problem)
}

function countRequest(metrics: Metrics, operation: string, status: number): void {
  const labels = { operation, status: String(status) }
  metrics.count('api_requests_total', 'API requests answered', 1, labels)
}
