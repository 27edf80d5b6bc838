/** What Elasticsearch and OpenSearch answer to a bulk request, and what it means for each document. */
import type { HttpAnswer } from '../../http/client.ts'
import { Retry } from '../../sink.ts'

interface BulkError {
  readonly type?: unknown
  readonly reason?: unknown
}

interface BulkItem {
  readonly create?: { readonly status?: unknown; readonly error?: BulkError }
}

/** Why a document can never be taken; null for one that is there. */
export type ItemResult = string | null

/** What the answer must hold of each item, and nothing else: Elasticsearch leaves the rest out. */
export const WANTED = 'errors,items.create.status,items.create.error.type,items.create.error.reason'

/**
 * Reads the results of `count` documents, in their order.
 *
 * 409 says that the document is there already, which is what a repeat is meant to find. 400 is the mapping that
 * refuses it for good. Everything else (429 full queues, 403 no privilege, 404 no such stream, 5xx) may be
 * otherwise the next time, and then the whole batch is sent again: what is there already answers 409.
 *
 * Errors: throws `Retry` with the reason where the batch has to be sent again.
 */
export function itemResults(answer: HttpAnswer, count: number): readonly ItemResult[] {
  if (answer.status !== 200) throw new Retry(refusalOf(answer), answer.retryAfterMs)
  const body = parsed(answer.text) as { readonly errors?: unknown; readonly items?: unknown }
  const items = Array.isArray(body.items) ? (body.items as readonly BulkItem[]) : []
  if (items.length !== count) {
    throw new Retry(`the node answers for ${items.length} documents of ${count}`)
  }
  return items.map(resultOf)
}

function resultOf({ create }: BulkItem): ItemResult {
  const status = Number(create?.status)
  if ((status >= 200 && status < 300) || status === 409) return null
  const reason = `HTTP ${status} ${errorText(create?.error)}`
  if (status === 400) return reason
  throw new Retry(`the node refuses a document for now: ${reason}`)
}

function refusalOf({ status, text }: HttpAnswer): string {
  const { error } = parsed(text) as { readonly error?: BulkError | string }
  const said = typeof error === 'string' ? error.slice(0, 200) : errorText(error)
  const cure = status === 401 || status === 403 ? '; compare apiKey, or user and password' : ''
  return `the node answers HTTP ${status} ${said}`.trim() + cure
}

function errorText(error: BulkError | undefined): string {
  const { type, reason } = error ?? {}
  return [type, reason]
    .filter((part) => typeof part === 'string')
    .join(': ')
    .slice(0, 300)
}

function parsed(text: string): object {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null ? body : {}
  } catch {
    return {}
  }
}
