/** Makes room for the packets of events: pcap records, one after the other, that go with their event. */
import type { Migration } from './migration.ts'

export const evidence: Migration = {
  version: 4,
  sql: `
CREATE TABLE evidence (
  event_id TEXT NOT NULL PRIMARY KEY,
  link_type INTEGER NOT NULL,
  packets INTEGER NOT NULL,
  records BLOB NOT NULL
) STRICT;
`,
}
