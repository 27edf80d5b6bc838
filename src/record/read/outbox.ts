/** Reads what sinks still have to get. */
import type { Event } from '../event.ts'
import type { Outbox } from '../event-log.ts'
import type { Connection } from '../sqlite/connection.ts'

/** The reading half of the outbox. */
export function outboxReader(connection: Connection): Omit<Outbox, 'advance'> {
  const selectAfter = connection
    .prepare('SELECT body FROM event_revisions WHERE sequence > ? ORDER BY sequence LIMIT ?')
    .pluck()
  const selectPosition = connection
    .prepare('SELECT sequence FROM sink_positions WHERE sink = ?')
    .pluck()
  return {
    after: (sequence, limit) => {
      const bodies = selectAfter.all(sequence, limit) as string[]
      return bodies.map((body) => JSON.parse(body) as Event)
    },
    position: (sink) => (selectPosition.get(sink) as number | undefined) ?? null,
  }
}
