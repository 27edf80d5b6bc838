/** What may be asked of the sinks, whether the agent runs or not: how they are, and to send something again. */
import { PicketError } from '../core/errors.ts'
import type { EventRecord } from '../record/record.ts'
import type { SinkReplay } from '../record/logs/outbox.ts'
import type { ForwardConfig, SinkConfig } from './config.ts'
import { eventLane, flowLane, type Lane } from './delivery/lane.ts'
import type { LaneHealth, SinkHealth } from './sink-health.ts'

/** Either both numbers, or a time (ms): what was recorded since. */
export type ReplaySpan = (
  { readonly fromSequence: number; readonly toSequence: number } | { readonly sinceMs: number }
) & {
  /** Of flows instead of event states. */
  readonly flows?: boolean
}

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

type Logs = Pick<EventRecord, 'agentId' | 'events' | 'outbox' | 'flowOutbox'>

/**
 * Stores the order of a replay.
 *
 * Only what the sink has had already is sent again: the rest is on its way to it.
 * Errors: `ERR_REPLAY_REFUSED` for a range that the sink has not come to yet.
 */
export async function orderReplay(
  { book, newest }: Pick<Lane, 'book' | 'newest'>,
  sink: string,
  span: ReplaySpan,
  actor: string,
): Promise<{ readonly answer: ReplayAnswer; readonly order: SinkReplay | null }> {
  const position = book.position(sink) ?? 0
  const first = 'sinceMs' in span ? book.firstSince(span.sinceMs) : span.fromSequence
  const last = Math.min(position, 'sinceMs' in span ? position : span.toSequence)
  if (first > last) {
    if ('sinceMs' in span) {
      return {
        answer: { sink, fromSequence: 0, toSequence: 0, states: 0, missing: 0 },
        order: null,
      }
    }
    throw new PicketError('ERR_REPLAY_REFUSED', refusal(sink, first, position, newest()), {
      hint: 'only what a sink has had already can be sent again',
    })
  }
  const states = await book.count(first, last)
  const missing = last - first + 1 - states
  const answer = { sink, fromSequence: first, toSequence: last, states, missing }
  if (states === 0) return { answer, order: null }
  const range = { fromSequence: first, toSequence: last }
  return { answer, order: await book.orderReplay({ sink, ...range }, actor) }
}

function refusal(sink: string, first: number, position: number, newest: number): string {
  return first > newest
    ? `number ${first} has not been given yet; the newest is ${newest}`
    : `sink ${sink} has come to number ${position}; ${first} is still on its way to it`
}

/**
 * The lane that a replay is of.
 *
 * Errors: `ERR_REPLAY_REFUSED` for the flows of a sink that gets none.
 */
export function laneOf(
  { name, flows }: Pick<SinkConfig, 'name' | 'flows'>,
  span: ReplaySpan,
  record: Logs,
): Lane {
  if (span.flows !== true) return eventLane(record)
  if (flows) return flowLane(record)
  throw new PicketError('ERR_REPLAY_REFUSED', `sink ${name} gets no flows`, {
    hint: `set flows: true for it in forward.sinks`,
  })
}

/** The sinks while no agent runs: as the record left them; a replay waits for the next start. */
export function restingSinks(config: ForwardConfig, record: Logs): SinkDesk {
  return {
    health: () =>
      config.sinks.map(({ name, type, flows }) => {
        const resting = restingLane(name, eventLane(record))
        return { name, type, ...resting, flows: flows ? restingLane(name, flowLane(record)) : null }
      }),
    async replay(name, span, actor) {
      const sink = config.sinks.find((one) => one.name === name)
      if (sink === undefined) return null
      return (await orderReplay(laneOf(sink, span, record), name, span, actor)).answer
    },
  }
}

function restingLane(name: string, { book, newest }: Lane): LaneHealth {
  const known = book.progress(name)
  const order = book.replays(name)[0]
  const position = known?.position ?? 0
  return {
    ...{ state: 'stopped', position, backlog: Math.max(0, newest() - position) },
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
