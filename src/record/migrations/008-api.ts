/** Binds tokens to networks, remembers answers by their idempotency key, and which rules the API switched. */
import type { Migration } from './migration.ts'

/** `networks` is a JSON array of CIDRs; an empty one binds to none. `key_hash`, since keys may tell things. */
export const api: Migration = {
  version: 8,
  sql: `
ALTER TABLE tokens ADD COLUMN networks TEXT NOT NULL DEFAULT '[]';

CREATE TABLE idempotent_answers (
  caller TEXT NOT NULL,
  key_hash TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  status INTEGER NOT NULL,
  headers TEXT NOT NULL,
  body TEXT NOT NULL,
  answered_at_ms INTEGER NOT NULL,
  PRIMARY KEY (caller, key_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotent_answers_by_time ON idempotent_answers (answered_at_ms);

CREATE TABLE rule_switches (
  rule TEXT NOT NULL PRIMARY KEY,
  is_enabled INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
  changed_by TEXT NOT NULL,
  changed_at_ms INTEGER NOT NULL
) STRICT;
`,
}
