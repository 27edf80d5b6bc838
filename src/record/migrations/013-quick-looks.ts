/** Finds a party's incidents, the grave ones, and who was broken into, at once: the agent's own thread asks. */
import type { Migration } from './migration.ts'

/** The condition of `events_takeovers` is that of `read/incident-links.ts`, to the letter. */
export const quickLooks: Migration = {
  version: 13,
  sql: `
CREATE INDEX incidents_by_party ON incidents (party, last_seen_us, id);
DROP INDEX incidents_by_last_seen;
CREATE INDEX incidents_by_last_seen ON incidents (last_seen_us, id, severity);
CREATE INDEX events_takeovers ON events (first_seen_us, last_seen_us)
  WHERE severity >= 8 AND family IN ('bruteforce', 'exploit', 'web', 'lateral');
`,
}
