/** Where a sink's passages begin: behind what it has for what is new, and where it was ordered for a replay. */
import { usFromRfc3339 } from '../../core/clock.ts'
import type { SinkProgress, SinkReplay } from '../../record/logs/outbox.ts'
import type { Lane } from './lane.ts'
import { Passage } from './passage.ts'
import { createSieve, type Sieve } from './sieve.ts'
import type { SinkFields } from '../sink-fields.ts'

/** Large enough that a distant collector, asked once a batch, gets some thousand a second. */
export const BATCH = 250

export interface BeginningOptions {
  readonly config: SinkFields
  readonly lane: Lane
  /** What of new events the sink is sent. */
  readonly sieve: Sieve
}

/** A passage along what is new, and what was known of the sink's progress before; null for a sink that has none. */
export interface Beginning {
  readonly passage: Passage
  readonly known: SinkProgress | null
}

/** Begins behind the stored position, or where the configuration says where there is none. */
export async function beginLive({ config, lane, sieve }: BeginningOptions): Promise<Beginning> {
  const { name, startFrom } = config
  const { book } = lane
  const known = book.progress(name)
  // A log that was begun anew numbers from 1 again: an old position would pass over all of it.
  const stored = known !== null && known.position > lane.newest() ? null : known
  const sequence = stored?.position ?? startOf(startFrom, lane)
  const lastSent = stored?.lastSent ?? 0
  if (stored === null) await book.advance(name, sequence, lastSent)
  const passage = new Passage({
    start: { sequence, lastSent, sieve: sieve.fresh },
    sieve,
    read: (after) => lane.read(after, BATCH),
    store: (mark) => book.advance(name, mark.sequence, mark.lastSent),
  })
  return { passage, known }
}

/** Begins a replay where it was ordered, or was left. The filters say what a sink may have; the rate was meant for what is new. */
export function beginReplay(
  { id, position, toSequence }: SinkReplay,
  { config, lane, sieve: ofNew }: BeginningOptions,
): Passage {
  const { rateLimit, ...filters } = config
  const sieve = rateLimit === undefined ? ofNew : createSieve(filters)
  return new Passage({
    start: { sequence: position, lastSent: 0, sieve: sieve.fresh },
    sieve,
    read: (after) => lane.read(after, BATCH).filter(({ event }) => event.sequence <= toSequence),
    store: (mark) => lane.book.advanceReplay(id, mark.sequence),
  })
}

/** The position of a sink that has none yet. */
function startOf(startFrom: string, { book, newest }: Lane): number {
  if (startFrom === 'beginning') return 0
  if (startFrom === 'now') return newest()
  return book.firstSince(usFromRfc3339(startFrom) / 1000) - 1
}
