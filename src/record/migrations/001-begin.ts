/** Lays the first tables: agent, events, their states, flows, blocks, audit, tokens, sink positions. */
import type { Migration } from './migration.ts'

/**
 * Addresses are keys of `sqlite/address-key.ts` (family byte and network-order bytes), so that a CIDR
 * range is one index range scan. `recorded_…` is the wall clock at writing: retention goes by it, so that
 * the replay of an old capture is not swept away at once.
 */
export const begin: Migration = {
  version: 1,
  sql: `
CREATE TABLE agent (
  id TEXT NOT NULL PRIMARY KEY,
  created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  story_key TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  first_seen_us INTEGER NOT NULL,
  last_seen_us INTEGER NOT NULL,
  kind TEXT NOT NULL,
  family TEXT NOT NULL,
  severity INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  recorded_at_ms INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_first_seen ON events (first_seen_us, id);
CREATE INDEX events_by_last_seen ON events (last_seen_us);
CREATE INDEX events_by_kind ON events (kind, first_seen_us);
CREATE INDEX events_by_recorded ON events (recorded_at_ms);

CREATE TABLE event_participants (
  address BLOB NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('attacker', 'victim', 'host')),
  event_row INTEGER NOT NULL REFERENCES events (row),
  PRIMARY KEY (address, role, event_row)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_participants_by_event ON event_participants (event_row);

CREATE TABLE event_revisions (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  event_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  recorded_at_ms INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;

CREATE TABLE flows (
  row INTEGER PRIMARY KEY,
  recorded_at_s INTEGER NOT NULL,
  start_us INTEGER NOT NULL,
  end_us INTEGER NOT NULL,
  originator BLOB NOT NULL,
  originator_port INTEGER NOT NULL,
  responder BLOB NOT NULL,
  responder_port INTEGER NOT NULL,
  protocol INTEGER NOT NULL,
  vlan INTEGER NOT NULL,
  interface TEXT NOT NULL,
  community_id ANY NOT NULL,
  originator_packets INTEGER NOT NULL,
  responder_packets INTEGER NOT NULL,
  originator_bytes INTEGER NOT NULL,
  responder_bytes INTEGER NOT NULL,
  originator_payload_bytes INTEGER NOT NULL,
  responder_payload_bytes INTEGER NOT NULL,
  originator_tcp_flags INTEGER NOT NULL,
  responder_tcp_flags INTEGER NOT NULL,
  retransmissions INTEGER NOT NULL,
  handshake_rtt_us INTEGER,
  conn_state TEXT NOT NULL,
  application TEXT NOT NULL,
  end_reason TEXT NOT NULL,
  anomaly_score REAL,
  attack_score REAL
) STRICT;
CREATE INDEX flows_by_start ON flows (start_us);
CREATE INDEX flows_by_originator ON flows (originator, start_us);
CREATE INDEX flows_by_responder ON flows (responder, start_us);

CREATE TABLE blocks (
  id TEXT NOT NULL PRIMARY KEY,
  target TEXT NOT NULL,
  target_first BLOB NOT NULL,
  target_last BLOB NOT NULL,
  state TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER,
  lifted_at_ms INTEGER,
  reason TEXT,
  source TEXT NOT NULL,
  ordered_by TEXT,
  event_id TEXT,
  failure TEXT
) STRICT;
CREATE INDEX blocks_by_state ON blocks (state, created_at_ms, id);

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  details TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;

CREATE TABLE tokens (
  id TEXT NOT NULL PRIMARY KEY,
  scopes TEXT NOT NULL,
  description TEXT,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER,
  revoked_at_ms INTEGER,
  salt TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;

CREATE TABLE sink_positions (
  sink TEXT NOT NULL PRIMARY KEY,
  sequence INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;
`,
}
