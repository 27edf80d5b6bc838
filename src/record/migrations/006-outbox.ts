/** Lets the outbox prove itself: what was sent last, what was deleted unsent, and what is to be sent again. */
import type { Migration } from './migration.ts'

/**
 * A trigger counts, so that no way of deleting a state can go by it. `lost`: gone before the sink had it.
 * `replaced`: gone too, but a later state of the same event is still on its way.
 */
export const outbox: Migration = {
  version: 6,
  sql: `
ALTER TABLE sink_positions ADD COLUMN last_sent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sink_positions ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sink_positions ADD COLUMN replaced INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER count_unsent AFTER DELETE ON event_revisions
WHEN EXISTS (SELECT 1 FROM sink_positions WHERE sequence < old.sequence)
BEGIN
  UPDATE sink_positions SET
    lost = lost +
      NOT EXISTS (SELECT 1 FROM events WHERE id = old.event_id AND sequence > old.sequence),
    replaced = replaced +
      EXISTS (SELECT 1 FROM events WHERE id = old.event_id AND sequence > old.sequence)
  WHERE sequence < old.sequence;
END;

CREATE TABLE sink_replays (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sink TEXT NOT NULL,
  from_sequence INTEGER NOT NULL,
  to_sequence INTEGER NOT NULL,
  position INTEGER NOT NULL,
  ordered_at_ms INTEGER NOT NULL
) STRICT;
`,
}
