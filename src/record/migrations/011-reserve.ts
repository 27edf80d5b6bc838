/** Makes place for what is held for a disk that others have filled. */
import type { Migration } from './migration.ts'

/** Rows of random bytes: deleted, they leave pages that events are written to where the file cannot grow. */
export const reserve: Migration = {
  version: 11,
  sql: 'CREATE TABLE reserve (piece BLOB NOT NULL) STRICT;',
}
