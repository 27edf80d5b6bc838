/** Lets sinks have flows too: how far each has got, numbers that are never given twice, and which flows are of replays. */
import type { Migration } from './migration.ts'

/**
 * `flow_numbers` has one row: the number that the next flow gets, whatever was deleted meanwhile. `replayed_flows`
 * are ranges of numbers: flows of replayed captures are no news of this host. `lost` counts what was deleted before
 * the sink had it; retention does that, since joining batches deletes rows too.
 */
export const flowOutbox: Migration = {
  version: 10,
  sql: `
CREATE TABLE flow_numbers (next INTEGER NOT NULL) STRICT;
INSERT INTO flow_numbers SELECT coalesce(max(first_flow + flows), 1) FROM flow_batches;

CREATE TABLE replayed_flows (
  first_flow INTEGER PRIMARY KEY,
  flows INTEGER NOT NULL
) STRICT;

CREATE TABLE flow_positions (
  sink TEXT NOT NULL PRIMARY KEY,
  sequence INTEGER NOT NULL,
  last_sent INTEGER NOT NULL,
  lost INTEGER NOT NULL DEFAULT 0,
  replaced INTEGER NOT NULL DEFAULT 0,
  updated_at_ms INTEGER NOT NULL
) STRICT;

ALTER TABLE sink_replays ADD COLUMN of_flows INTEGER NOT NULL DEFAULT 0;
`,
}
