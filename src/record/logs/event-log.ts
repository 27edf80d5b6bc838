/** The event log: every event as it stands. */
import type { Cidr } from '../../net/cidr.ts'
import type { Event } from '../event.ts'

/** One page of a listing and where the next begins; the cursor is opaque and stable under inserts. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextCursor: string | null
}

export interface EventQuery {
  /** Alive at or after this time, µs. */
  readonly fromUs?: number | undefined
  /** Begun before this time, µs. */
  readonly toUs?: number | undefined
  /** Exact kind, or a dotted prefix of it. */
  readonly kind?: string | undefined
  readonly family?: string | undefined
  readonly minSeverity?: number | undefined
  readonly attacker?: Cidr | undefined
  /** Attacker, victim or host. */
  readonly address?: Cidr | undefined
  readonly verdict?: string | undefined
  readonly incident?: string | undefined
  /** Words, each of which stands somewhere in what is told of the event; letters of either case. */
  readonly text?: string | undefined
  /** Newest first without it. */
  readonly order?: 'newest' | 'oldest' | undefined
  /** 1–1000. */
  readonly limit: number
  readonly cursor?: string | undefined
}

/** An event with the key under which repeats of its story fold. */
export interface Story {
  readonly key: string
  readonly event: Event
}

export interface EventLog {
  /**
   * Writes the state of each event (new or known by id) and gives it its `sequence` and `revision`.
   *
   * Shape: the events as written. Those of a severity below 4 are left out while the disk is nearly full.
   * `forward: false` (replays) keeps them from the sinks: their sequence stays 0.
   * Errors: rejects with `ERR_RECORD_WRITE`; then nothing of the batch is kept.
   */
  save(stories: readonly Story[], options: { readonly forward: boolean }): Promise<readonly Event[]>
  /**
   * Newest or oldest first (by first sighting), looked for in a thread of its own.
   *
   * After 10 s the page ends with what was found, none perhaps, and `nextCursor` goes on from there.
   * Errors: `ERR_API_REQUEST` for a cursor that is not ours; `ERR_RECORD_BUSY` when too many queries are
   * under way; `ERR_RECORD_READ`.
   */
  list(query: EventQuery): Promise<Page<Event>>
  get(id: string): Event | null
  /** Stories last seen at or after this time, so that folding goes on after a restart. */
  storiesSince(lastSeenUs: number): readonly Story[]
  /** The newest sequence number given out; 0 when none. */
  lastSequence(): number
}
