/**
 * The outbox: every state of every event in the order of its number, every flow in the order of its own, and how far
 * each sink has got with either.
 */
import type { Flow } from '../../flow/flow.ts'
import type { Event } from '../event.ts'

/** A state of an event as it stood then. */
export interface OutboxState {
  readonly event: Event
  /** Wall clock at writing, ms. */
  readonly recordedAtMs: number
}

/** How far a sink has got. */
export interface SinkProgress {
  /** It has everything up to and with this number that it is to have. */
  readonly position: number
  /** The number of the last state up to there that it was really sent; 0 when none is known. */
  readonly lastSent: number
  /** States that were deleted before it had them, and that no later state makes up for. */
  readonly lost: number
  /** States that were deleted before it had them, but after a later state of the same event was recorded. */
  readonly replaced: number
}

/** What a sink is to be sent again; both ends are numbers of states, inclusive. */
export interface ReplayOrder {
  readonly sink: string
  readonly fromSequence: number
  readonly toSequence: number
}

export interface SinkReplay extends ReplayOrder {
  readonly id: number
  /** The sink has had the states up to and with this number again. */
  readonly position: number
  readonly orderedAtMs: number
}

/** A flow of the log with its number, which no other flow of this agent ever gets. */
export interface NumberedFlow {
  readonly number: number
  readonly flow: Flow
  /** Wall clock at writing, ms, to the second. */
  readonly recordedAtMs: number
}

/** How far sinks have got with one kind of rows; what it says of states holds for flows alike. */
export interface SinkBook {
  /** The number of the first state recorded at or after a time (ms); one more than the newest when none was. */
  firstSince(timeMs: number): number
  /** How many states from one number to another are still there. Errors: `ERR_RECORD_READ`. */
  count(from: number, to: number): Promise<number>
  /** The stored position of a sink; null when it has none yet. */
  position(sink: string): number | null
  /** As `position`, with what else is known. */
  progress(sink: string): SinkProgress | null
  /** Stores that the sink has everything up to and with `sequence`, the last sent of which was `lastSent`. */
  advance(sink: string, sequence: number, lastSent?: number): Promise<void>
  /** What a sink still has to be sent again, the oldest order first. */
  replays(sink: string): readonly SinkReplay[]
  /** Stores an order with its audit row. Errors: `ERR_RECORD_WRITE`. */
  orderReplay(order: ReplayOrder, actor: string): Promise<SinkReplay>
  /** Stores how far a replay has got; one that has got to its end is forgotten. */
  advanceReplay(id: number, sequence: number): Promise<void>
}

export interface Outbox extends SinkBook {
  /** Up to `limit` event states after `sequence`, in order, as they stood then. */
  after(sequence: number, limit: number): readonly Event[]
  /** As `after`, with the time of each. */
  statesAfter(sequence: number, limit: number): readonly OutboxState[]
}

/** Flows of replayed captures have numbers, and are passed over. `firstSince` may name some flows before it. */
export interface FlowOutbox extends SinkBook {
  /** Up to `limit` flows after a number, in order; fewer only where there are no more. */
  flowsAfter(number: number, limit: number): readonly NumberedFlow[]
  /** The newest number of a flow that sinks get; 0 when none. */
  lastNumber(): number
}
