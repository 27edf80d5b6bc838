/** Gives blocks a scope, what they stopped and who lifted them; keeps an allowlist beside the configured one. */
import type { Migration } from './migration.ts'

/** `ports` is a JSON array, empty for all; `range` is a canonical address or CIDR. */
export const blockScope: Migration = {
  version: 7,
  sql: `
ALTER TABLE blocks ADD COLUMN direction TEXT NOT NULL DEFAULT 'both';
ALTER TABLE blocks ADD COLUMN protocol TEXT;
ALTER TABLE blocks ADD COLUMN ports TEXT NOT NULL DEFAULT '[]';
ALTER TABLE blocks ADD COLUMN lifted_by TEXT;
ALTER TABLE blocks ADD COLUMN verified_at_ms INTEGER;
ALTER TABLE blocks ADD COLUMN stopped_packets INTEGER NOT NULL DEFAULT 0;
ALTER TABLE blocks ADD COLUMN stopped_bytes INTEGER NOT NULL DEFAULT 0;
CREATE INDEX blocks_by_target ON blocks (target_first, created_at_ms);

CREATE TABLE allowlist (
  id TEXT NOT NULL PRIMARY KEY,
  range TEXT NOT NULL,
  comment TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER,
  removed_at_ms INTEGER,
  removed_by TEXT
) STRICT;
CREATE INDEX allowlist_by_created ON allowlist (created_at_ms, id);
`,
}
