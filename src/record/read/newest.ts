/** When the log was last written to, as far as it tells. */
import type { ReadConnection } from '../sqlite/live-connection.ts'

/** Gives the wall-clock time of the newest audit row or flow, ms since the epoch; null for a log without any. */
export function newestRecordedMs(connection: ReadConnection): number | null {
  const newest = connection.prepare(
    `SELECT max(at_ms) FROM (
       SELECT (SELECT at_ms FROM audit ORDER BY id DESC LIMIT 1) AS at_ms
       UNION ALL
       SELECT (SELECT recorded_at_s * 1000 FROM flow_batches ORDER BY first_flow DESC LIMIT 1))`,
  )
  return newest.pluck().get() as number | null
}
