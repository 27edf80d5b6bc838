/** Makes room for the address that an audited order came from. */
import type { Migration } from './migration.ts'

/** Null in the rows before it, whose hashes stay what they were: `sqlite/audit-chain.ts`. */
export const auditPeer: Migration = {
  version: 5,
  sql: 'ALTER TABLE audit ADD COLUMN peer TEXT;',
}
