/** How much room the record has, and what it leaves unwritten for want of it. */

/** What is no longer written as the disk fills up; each includes those before it. Events and audit rows never stop. */
export const SHED_LEVELS = ['nothing', 'flows', 'evidence', 'notable-events'] as const
export type ShedLevel = (typeof SHED_LEVELS)[number]

/** Sizes in bytes. */
export interface RecordRoom {
  /** On the disk, less what is written but has not its place in the file yet. */
  readonly freeBytes: number
  /** By rows of the database. */
  readonly usedBytes: number
  /** In the database's file, left by deleted rows, to be filled again. */
  readonly spareBytes: number
  readonly shed: ShedLevel
}

/** What was left unwritten since the start, because the disk was nearly full. */
export interface ShedRows {
  /** Pieces of evidence: some packets of an event. */
  readonly evidence: number
  /** States of events of a severity below 4. */
  readonly events: number
}
