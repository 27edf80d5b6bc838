/** What may be asked of the sinks, whether the agent runs or not: how they are, and to send something again. */
import { PicketError } from '../core/errors.ts'
import type { EventRecord } from '../record/record.ts'
import type { SinkReplay } from '../record/outbox.ts'
import type { ForwardConfig } from './config.ts'
import type { SinkHealth } from './sink-health.ts'

/** Either both numbers, or a time (ms): what was recorded since. */
export type ReplaySpan =
  { readonly fromSequence: number; readonly toSequence: number } | { readonly sinceMs: number }

/** What becomes of a replay that was ordered. */
export interface ReplayAnswer {
  readonly sink: string
  /** 0 and 0 where nothing is to be sent again. */
  readonly fromSequence: number
  readonly toSequence: number
  /** States of the range that the log still has. */
  readonly states: number
  /** States of the range that were deleted. */
  readonly missing: number
}

export interface SinkDesk {
  health(): readonly SinkHealth[]
  /** Orders a replay; null when there is no such sink. Errors: `ERR_REPLAY_REFUSED`, `ERR_RECORD_WRITE`. */
  replay(sink: string, span: ReplaySpan, actor: string): Promise<ReplayAnswer | null>
}

type Rooms = Pick<EventRecord, 'events' | 'outbox'>

/**
 * Stores the order of a replay.
 *
 * Only what the sink has had already is sent again: the rest is on its way to it.
 * Errors: `ERR_REPLAY_REFUSED` for a range that the sink has not come to yet.
 */
export async function orderReplay(
  { events, outbox }: Rooms,
  sink: string,
  span: ReplaySpan,
  actor: string,
): Promise<{ readonly answer: ReplayAnswer; readonly order: SinkReplay | null }> {
  const position = outbox.position(sink) ?? 0
  const first = 'sinceMs' in span ? outbox.firstSince(span.sinceMs) : span.fromSequence
  const last = Math.min(position, 'sinceMs' in span ? position : span.toSequence)
  if (first > last) {
    if ('sinceMs' in span) {
      return {
        answer: { sink, fromSequence: 0, toSequence: 0, states: 0, missing: 0 },
        order: null,
      }
    }
    throw new PicketError(
      'ERR_REPLAY_REFUSED',
      refusal(sink, first, position, events.lastSequence()),
      {
        hint: 'only what a sink has had already can be sent again',
      },
    )
  }
  const states = await outbox.count(first, last)
  const missing = last - first + 1 - states
  const answer = { sink, fromSequence: first, toSequence: last, states, missing }
  if (states === 0) return { answer, order: null }
  const range = { fromSequence: first, toSequence: last }
  return { answer, order: await outbox.orderReplay({ sink, ...range }, actor) }
}

function refusal(sink: string, first: number, position: number, newest: number): string {
  return first > newest
    ? `number ${first} has not been given yet; the newest is ${newest}`
    : `sink ${sink} has come to number ${position}; ${first} is still on its way to it`
}

/** The sinks while no agent runs: as the record left them; a replay waits for the next start. */
export function restingSinks(config: ForwardConfig, record: Rooms): SinkDesk {
  return {
    health: () => config.sinks.map(({ name, type }) => resting(name, type, record)),
    async replay(sink, span, actor) {
      if (!config.sinks.some(({ name }) => name === sink)) return null
      return (await orderReplay(record, sink, span, actor)).answer
    },
  }
}

function resting(name: string, type: string, { events, outbox }: Rooms): SinkHealth {
  const known = outbox.progress(name)
  const order = outbox.replays(name)[0]
  const position = known?.position ?? 0
  return {
    ...{ name, type, state: 'stopped', position },
    backlog: events.lastSequence() - position,
    ...{ lastSent: known?.lastSent ?? 0, sent: 0, withheld: 0, heldBack: 0, rejected: 0 },
    ...{ lost: known?.lost ?? 0, replaced: known?.replaced ?? 0 },
    replay: order
      ? {
          ...{ fromSequence: order.fromSequence, toSequence: order.toSequence },
          position: order.position,
        }
      : null,
    lastError: null,
  }
}
