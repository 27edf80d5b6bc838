/** One numbered step of the database's shape; a step that has shipped is never edited again. */
import type { Connection } from '../sqlite/connection.ts'

export interface Migration {
  /** What `user_version` is after it. */
  readonly version: number
  readonly sql: string
  /** Carries over, after `sql`, what SQL alone cannot. */
  convert?(connection: Connection): void
}
