/** Hono's home: routes made from the document, and a problem for everything else. */
import { Hono } from 'hono'
import type { Peer } from './auth.ts'
import type { Operation } from './contract/document.ts'
import { ApiProblem, problemResponse } from './problem.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import { Server, type ServeParts } from './serve.ts'

/** What the listener says about each request. */
export interface ApiBindings {
  readonly peer: Peer
}

/** The API as a function from Request to Response; `listen` gives it sockets. */
export type ApiApp = Hono<{ Bindings: ApiBindings }>

/** Makes the app: one route for each operation of the document. */
export function createRouter(parts: ServeParts): ApiApp {
  const app: ApiApp = new Hono()
  const server = new Server(parts)
  app.use(async (context, next) => {
    await next()
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      if (!context.res.headers.has(name)) context.header(name, value)
    }
  })
  const operations = plainPathsFirst(parts.operations)
  for (const operation of operations) {
    app.on(operation.method, routeOf(operation.path), ({ req, env }) =>
      server.serve({ operation, request: req.raw, peer: env.peer, path: req.param() }),
    )
  }
  for (const path of new Set(operations.map((operation) => operation.path))) {
    app.all(routeOf(path), () => refuseMethod(parts.operations, path))
  }
  app.notFound((context) => problemResponse(nothingAt(context.req.path, operations)))
  app.onError((error) => server.failed(error, 'unknown'))
  return app
}

function nothingAt(path: string, operations: readonly Operation[]): ApiProblem {
  const unslashed = path.replace(/\/$/, '')
  const isSlashed = unslashed !== path && operations.some((one) => isAt(unslashed, one))
  return new ApiProblem('not-found', {
    detail: `there is nothing at ${path.slice(0, 200)}`,
    hint: isSlashed
      ? `leave out the slash at the end: ${unslashed.slice(0, 200)}`
      : 'GET /openapi.json describes everything there is',
  })
}

function isAt(path: string, operation: Operation): boolean {
  const [parts, names] = [path.split('/'), operation.path.split('/')]
  const fits = (name: string, at: number): boolean => name.startsWith('{') || name === parts[at]
  return parts.length === names.length && names.every(fits)
}

/** Turns the document's `{name}` into the router's `:name`. */
const routeOf = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1')

/** The first route that fits is taken: `/events/stream` must not be read as the event `stream`. */
function plainPathsFirst(operations: readonly Operation[]): readonly Operation[] {
  const isPlain = ({ path }: Operation): boolean => !path.includes('{')
  return [...operations.filter(isPlain), ...operations.filter((one) => !isPlain(one))]
}

function refuseMethod(operations: readonly Operation[], path: string): Response {
  const methods = operations.filter((one) => one.path === path).map((one) => one.method)
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ')
  const detail = `${path} takes ${allow}`
  return problemResponse(new ApiProblem('method-not-allowed', { detail }, { allow }))
}
