/** A response and the request that it answers, as rules about both see them. */
import type { HttpRequest, HttpResponse } from '../../../flow/flow.ts'

/** `contentType` is that of the response; what is the request's alone, or also its own, stands in `request` as well. */
export interface Exchange extends Pick<HttpResponse, 'status' | 'contentType' | 'server'> {
  readonly request: HttpRequest | null
  readonly method: string | null
  readonly uri: string | null
  readonly host: string | null
  readonly userAgent: string | null
  readonly authScheme: string | null
}

/** Written out field by field: to spread two objects into a third costs ten times as much. */
export function exchangeOf({ request, status, contentType, server }: HttpResponse): Exchange {
  return {
    request,
    method: request?.method ?? null,
    uri: request?.uri ?? null,
    host: request?.host ?? null,
    userAgent: request?.userAgent ?? null,
    authScheme: request?.authScheme ?? null,
    status,
    contentType,
    server,
  }
}
