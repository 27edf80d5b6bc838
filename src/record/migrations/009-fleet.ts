/** Remembers the fleet's orders, so that none is carried out twice, and how far their stream was read. */
import type { Migration } from './migration.ts'

/** `body` is the order, JSON; `outcome` is null until the order has been acted on. */
export const fleet: Migration = {
  version: 9,
  sql: `
CREATE TABLE fleet_orders (
  id TEXT NOT NULL PRIMARY KEY,
  sequence INTEGER NOT NULL,
  orderer TEXT NOT NULL,
  issued_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  body TEXT NOT NULL,
  received_at_ms INTEGER NOT NULL,
  outcome TEXT CHECK (outcome IN ('applied', 'refused', 'failed')),
  guard TEXT,
  detail TEXT,
  decided_at_ms INTEGER
) STRICT;
CREATE INDEX fleet_orders_by_expiry ON fleet_orders (expires_at_ms);
CREATE INDEX fleet_orders_by_issue ON fleet_orders (issued_at_ms, id);

CREATE TABLE fleet_positions (
  fleet TEXT NOT NULL PRIMARY KEY,
  stream_created_at TEXT NOT NULL,
  sequence INTEGER NOT NULL
) STRICT;
`,
}
