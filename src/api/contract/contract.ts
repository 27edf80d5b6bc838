/** Binds handlers to the document: what is described is served, and nothing else compiles. */
import type { operations } from '../../../openapi/contract.d.ts'
import type { Caller } from '../auth.ts'
import type { OperationId } from './document.ts'

/**
 * One handler for each operation of the document.
 *
 * An operation without a handler, or a handler without an operation, is a type error.
 */
export type Handlers = { readonly [Id in OperationId]: Handler<Id> }

export type Handler<Id extends OperationId> = (
  request: ApiRequest<Id>,
) => Answer<Id> | Promise<Answer<Id>>

/** A request that has passed authentication and validation. */
export interface ApiRequest<Id extends OperationId> {
  readonly query: Query<Id>
  readonly path: PathParameters<Id>
  readonly body: Body<Id>
  /** Null when nobody in particular asks; only operations open to anyone see that. */
  readonly caller: Caller | null
  readonly headers: Headers
}

type Parameters<Id extends OperationId> = operations[Id]['parameters']

// The validator fills in the document's default of `limit`, which the generated type leaves optional.
type Query<Id extends OperationId> =
  Parameters<Id> extends { query?: infer Given }
    ? NonNullable<Given> &
        (NonNullable<Given> extends { limit?: number } ? { limit: number } : object)
    : never

type PathParameters<Id extends OperationId> =
  Parameters<Id> extends { path: infer Given } ? Given : object

type Body<Id extends OperationId> = operations[Id] extends {
  requestBody: { content: { 'application/json': infer Given } }
}
  ? Given
  : undefined

type SuccessStatus = 200 | 201

/** A successful answer; failures are thrown as `ApiProblem` or `PicketError`. */
export type Answer<Id extends OperationId> = {
  [Status in keyof operations[Id]['responses'] & SuccessStatus]: {
    readonly status: Status
    readonly body: BodyOf<operations[Id]['responses'][Status]>
    readonly headers?: Readonly<Record<string, string>>
  }
}[keyof operations[Id]['responses'] & SuccessStatus]

/** A capture is bytes and a stream a stream, whatever the generated type makes of them. */
type BodyOf<Response> = Response extends {
  content: { 'application/vnd.tcpdump.pcap': unknown }
}
  ? Uint8Array
  : Response extends { content: { 'text/event-stream': unknown } }
    ? ReadableStream<Uint8Array>
    : JsonOrText<Response>

type JsonOrText<Response> = Response extends { content: infer Content }
  ? Content[keyof Content]
  : never

/** A request seen without its operation's types. */
export interface AnyRequest {
  readonly query: unknown
  readonly path: unknown
  readonly body: unknown
  readonly caller: Caller | null
  readonly headers: Headers
}

/** A handler seen without its operation's types, as the server calls it. */
export type AnyHandler = (request: AnyRequest) => Promise<AnyAnswer> | AnyAnswer

export interface AnyAnswer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Takes the handler of an operation; the validator, not the compiler, vouches for what it is given. */
export function handlerOf(handlers: Handlers, id: OperationId): AnyHandler {
  return handlers[id] as unknown as AnyHandler
}
