/** Lays what comes after detection: incidents, analysts' verdicts, and suppressions with what they hid. */
import type { Migration } from './migration.ts'

/** `hidden` counts stories, not their tellings. Verdicts outlive their events: rates are made of them. */
export const triage: Migration = {
  version: 3,
  sql: `
ALTER TABLE events ADD COLUMN incident TEXT;
CREATE INDEX events_by_incident ON events (incident, first_seen_us) WHERE incident IS NOT NULL;

CREATE TABLE incidents (
  id TEXT NOT NULL PRIMARY KEY,
  party TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('attacker', 'host', 'victim')),
  first_seen_us INTEGER NOT NULL,
  last_seen_us INTEGER NOT NULL,
  severity INTEGER NOT NULL
) STRICT;
CREATE INDEX incidents_by_last_seen ON incidents (last_seen_us, id);

CREATE TABLE verdicts (
  event_id TEXT NOT NULL PRIMARY KEY,
  verdict TEXT NOT NULL CHECK (verdict IN ('true-positive', 'false-positive')),
  reason TEXT,
  detector TEXT NOT NULL,
  kind TEXT NOT NULL,
  given_by TEXT NOT NULL,
  given_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX verdicts_by_kind ON verdicts (detector, kind, verdict);

CREATE TABLE suppressions (
  id TEXT NOT NULL PRIMARY KEY,
  detector TEXT,
  kind TEXT,
  address TEXT,
  victim TEXT,
  port INTEGER,
  process TEXT,
  reason TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER,
  lifted_at_ms INTEGER,
  hidden INTEGER NOT NULL DEFAULT 0,
  last_hidden_at_ms INTEGER
) STRICT;
CREATE INDEX suppressions_by_created ON suppressions (created_at_ms, id);
`,
}
