/** Events as they are recorded, over server-sent events; a client that was away goes on where it stopped. */
import type { Pulse } from '../../core/process/pulse.ts'
import type { Event } from '../../record/event.ts'
import type { EventLog } from '../../record/logs/event-log.ts'
import type { Outbox } from '../../record/logs/outbox.ts'
import type { Authenticator, Caller } from '../auth.ts'
import type { ApiRequest, Handler } from '../contract/contract.ts'
import type { Turns } from '../limits/turns.ts'
import { invalidRequest } from '../problem.ts'

/** Shorter than what proxies and our own sockets wait for a sign of life. */
const HEARTBEAT_MS = 15_000
const BATCH = 100
const RETRY_MS = 3000

export interface StreamParts {
  readonly events: EventLog
  readonly outbox: Outbox
  /** Beats when events have been recorded. */
  readonly recorded: Pulse
  readonly turns: Turns
  readonly authenticator: Pick<Authenticator, 'isStillGood'>
}

/**
 * Serves `streamEvents`.
 *
 * Each client reads the log at its own pace: one that reads slowly is behind, and costs no memory; one that does not
 * read at all is cut by the socket's timeout.
 */
export function streamHandler(parts: StreamParts): Handler<'streamEvents'> {
  return (request) => {
    const fromSequence = positionOf(request, parts.events.lastSequence())
    const fits = filterOf(request.query)
    const endTurn = parts.turns.take()
    const body = streamOf(parts, { fromSequence, fits, caller: request.caller!, endTurn })
    return { status: 200, body, headers: { 'x-accel-buffering': 'no' } }
  }
}

interface Reading {
  readonly fromSequence: number
  readonly fits: (event: Event) => boolean
  readonly caller: Caller
  readonly endTurn: () => void
}

function streamOf(
  { outbox, recorded, authenticator }: StreamParts,
  { fromSequence, fits, caller, endTurn }: Reading,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const cut = new AbortController()
  let position = fromSequence
  /** Gives the next thing to send; null when the caller may not go on. */
  const nextText = async (): Promise<string | null> => {
    for (;;) {
      if (!authenticator.isStillGood(caller)) return null
      const batch = outbox.after(position, BATCH)
      position = batch.at(-1)?.sequence ?? position
      const text = batch.filter(fits).map(frameOf).join('')
      if (text !== '') return text
      // Through a long past of which nothing fits others must get their turn.
      if (batch.length === BATCH) await new Promise((resolve) => setImmediate(resolve))
      // An id without data moves the client's place and is no event.
      else if (!(await recorded.next(HEARTBEAT_MS, cut.signal))) return `id: ${position}\n\n`
    }
  }
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`)),
      async pull(controller) {
        // A stream that fails is not cancelled: its turn would never come back.
        const text = await nextText().catch((error: unknown) => {
          endTurn()
          throw error
        })
        if (cut.signal.aborted) return
        if (text !== null) return controller.enqueue(encoder.encode(text))
        endTurn()
        controller.close()
      },
      cancel() {
        cut.abort()
        endTurn()
      },
    },
    { highWaterMark: 0 },
  )
}

const frameOf = (event: Event): string =>
  `id: ${event.sequence}\ndata: ${JSON.stringify(event)}\n\n`

/** After which sequence number the stream begins: where the client stopped, where it asks to, or now. */
function positionOf(request: ApiRequest<'streamEvents'>, newest: number): number {
  const stated = statedPosition(request) ?? newest
  // A client that is ahead has numbers of a log that this one took the place of: of this it knows nothing.
  return stated > newest ? 0 : stated
}

function statedPosition({ headers, query }: ApiRequest<'streamEvents'>): number | undefined {
  const last = headers.get('last-event-id')
  if (last === null || last === '') return query.after
  if (/^\d{1,15}$/.test(last)) return Number(last)
  throw invalidRequest([
    { field: 'Last-Event-ID', value: last.slice(0, 100), message: 'must be the id of an event' },
  ])
}

function filterOf(query: ApiRequest<'streamEvents'>['query']): (event: Event) => boolean {
  const { minSeverity = 0, family, kind, verdict } = query
  return (event) =>
    event.severity >= minSeverity &&
    (family === undefined || event.family === family) &&
    (verdict === undefined || event.verdict === verdict) &&
    (kind === undefined || event.kind === kind || event.kind.startsWith(`${kind}.`))
}
