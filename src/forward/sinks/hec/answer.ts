/** What Splunk's HTTP Event Collector answers, and what each answer means for the events. */
import type { HttpAnswer } from '../../http/client.ts'

export type HecAnswer =
  | { readonly kind: 'taken'; readonly ackId: number | null }
  /** One event is wrong, or more than one: `index` counts from 0, null where Splunk does not say. */
  | { readonly kind: 'invalid'; readonly index: number | null; readonly reason: string }
  | { readonly kind: 'too-long'; readonly reason: string }
  /** Nothing is wrong with the events: they wait until Splunk, or its configuration, is well again. */
  | { readonly kind: 'refused'; readonly reason: string; readonly afterMs: number | null }

interface HecBody {
  readonly text?: unknown
  readonly code?: unknown
  readonly ackId?: unknown
  readonly 'invalid-event-number'?: unknown
}

const SUCCESS = 0
/** Wrong data format, no event, a blank event, wrong indexed fields: what sending again does not mend. */
const INVALID_EVENT = new Set([6, 12, 13, 15])

/** What to do, by code, where Splunk's own words do not say it. */
const CURES: Readonly<Record<number, string>> = {
  1: 'enable the token in Splunk',
  4: 'compare token with the one in Splunk',
  7: 'allow the index for the token, or change index',
  14: 'switch indexer acknowledgement on for the token, or set useAck: false',
}

/**
 * Reads an answer to events.
 *
 * Source: Splunk Enterprise, Getting Data In, "Troubleshoot HTTP Event Collector", possible error codes.
 */
export function hecAnswer(answer: HttpAnswer): HecAnswer {
  const body = bodyOf(answer.text)
  if (answer.status === 200 && body.code === SUCCESS) {
    return { kind: 'taken', ackId: integerOrNull(body.ackId) }
  }
  const reason = reasonOf(answer, body)
  if (answer.status === 413) return { kind: 'too-long', reason }
  if (answer.status === 400 && INVALID_EVENT.has(Number(body.code))) {
    return { kind: 'invalid', index: integerOrNull(body['invalid-event-number']), reason }
  }
  return { kind: 'refused', reason, afterMs: answer.retryAfterMs }
}

/** Reads which acknowledgement ids are known to be indexed, out of those asked for; null where it is no answer. */
export function acknowledged({ status, text }: HttpAnswer): ReadonlySet<number> | null {
  const { acks } = bodyOf(text) as { readonly acks?: unknown }
  if (status !== 200 || typeof acks !== 'object' || acks === null) return null
  return new Set(Object.entries(acks).flatMap(([id, is]) => (is === true ? [Number(id)] : [])))
}

/** Splunk's own words with code and cure; what else answers (a proxy's page) is not repeated. */
function reasonOf({ status }: HttpAnswer, body: HecBody): string {
  const { code, text } = body
  // A proxy's page to log in has status 200, too.
  const more = status === 200 ? ', but not as Splunk does; look what the URL leads to' : ''
  if (typeof code !== 'number') return `the collector answers HTTP ${status}${more}`
  const said = typeof text === 'string' ? text.slice(0, 200) : 'no text'
  const cure = CURES[code]
  return `Splunk answers code ${code}, ${said}${cure === undefined ? '' : `; ${cure}`}`
}

/** Reads the answer's JSON; of what is none (a proxy's page), nothing. */
function bodyOf(text: string): HecBody {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null ? body : {}
  } catch {
    return {}
  }
}

const integerOrNull = (value: unknown): number | null =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null
