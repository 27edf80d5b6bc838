/** Finds the oldest mild events at once: they go first where the log takes more than it may, and may be few among many. */
import type { Migration } from './migration.ts'

export const mildEvents: Migration = {
  version: 12,
  sql: 'CREATE INDEX mild_events_by_recorded ON events (recorded_at_ms) WHERE severity < 4;',
}
