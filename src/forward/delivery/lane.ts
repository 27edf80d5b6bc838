/** What a forwarder goes along: the states of events, or the flows, each in the order of numbers of its own. */
import type { SinkBook } from '../../record/logs/outbox.ts'
import type { EventRecord } from '../../record/record.ts'
import { outgoingFlow } from '../outgoing.ts'
import type { Pending } from './sieve.ts'

export interface Lane {
  readonly of: 'events' | 'flows'
  /** How far each sink has got. */
  readonly book: SinkBook
  /** The newest number given out; 0 when none. */
  newest(): number
  /** Up to `limit` after a number; fewer only where there are no more. */
  read(after: number, limit: number): readonly Pending[]
}

/** The states of events. */
export function eventLane({ events, outbox }: Pick<EventRecord, 'events' | 'outbox'>): Lane {
  return {
    of: 'events',
    book: outbox,
    newest: () => events.lastSequence(),
    read: (after, limit) => outbox.statesAfter(after, limit),
  }
}

/** The flows. */
export function flowLane({
  agentId,
  flowOutbox,
}: Pick<EventRecord, 'agentId' | 'flowOutbox'>): Lane {
  return {
    of: 'flows',
    book: flowOutbox,
    newest: () => flowOutbox.lastNumber(),
    read: (after, limit) =>
      flowOutbox.flowsAfter(after, limit).map((numbered) => ({
        event: outgoingFlow(numbered, agentId),
        recordedAtMs: numbered.recordedAtMs,
      })),
  }
}
