/** One numbered step of the database's shape; a step that has shipped is never edited again. */
export interface Migration {
  /** What `user_version` is after it. */
  readonly version: number
  readonly sql: string
}
