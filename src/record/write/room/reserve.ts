/**
 * The reserve: room within the database itself. Whoever fills the disk to its last byte gets the ballast as soon as it
 * is thrown overboard, but not this: a disk that is full still takes what is written in place.
 */
import { statSync } from 'node:fs'
import { inTransaction, type Connection, type Statement } from '../../sqlite/connection.ts'
import { meansFull } from './means-full.ts'

const PIECE_BYTES = 256 * 1024
/** Written a little at a time: an event may wait behind it. */
const PIECES_PER_STEP = 4

export class Reserve {
  readonly #connection: Connection
  readonly #pieces: number
  readonly #count: Statement
  readonly #insert: Statement
  readonly #rewrite: Statement
  #held: number
  #isReleased = false

  /** `bytes`: what it is to hold. */
  constructor(connection: Connection, bytes: number) {
    this.#connection = connection
    this.#pieces = Math.floor(bytes / PIECE_BYTES)
    // Random, since some file systems keep zeros without taking room.
    const piece = `randomblob(${PIECE_BYTES})`
    this.#count = connection.prepare('SELECT count(*) FROM reserve').pluck()
    this.#insert = connection.prepare(`INSERT INTO reserve VALUES (${piece})`)
    this.#rewrite = connection.prepare(
      `UPDATE reserve SET piece = ${piece}
       WHERE rowid IN (SELECT rowid FROM reserve LIMIT ${PIECES_PER_STEP})`,
    )
    this.#held = this.#count.get() as number
  }

  /** What has been given up and not been made again. */
  get missingBytes(): number {
    return Math.max(0, this.#pieces - this.#held) * PIECE_BYTES
  }

  /**
   * Adds some, and says whether it did: only what is folded in holds its room. Once it is whole, adds to the WAL's
   * file, where each write goes first, until that takes `walBytes`.
   */
  grow(walBytes: number): boolean {
    // A command beside the agent may have given it up.
    this.#held = this.#count.get() as number
    const missing = Math.min(PIECES_PER_STEP, this.#pieces - this.#held)
    if (missing > 0) this.#write(this.#insert, missing)
    else if (this.#held > 0 && this.#walBytes < walBytes) this.#write(this.#rewrite, 1)
    return missing > 0
  }

  /** Leaves its pages to what is written next; does nothing where the WAL has no room even for that. */
  release(): void {
    if (this.#isReleased) return
    try {
      inTransaction(this.#connection, 'NORMAL', () => this.#connection.exec('DELETE FROM reserve'))
      this.#isReleased = true
    } catch (cause) {
      if (!meansFull(cause)) throw cause
    }
    this.#held = this.#count.get() as number
  }

  /** Writes to a page and leaves it as it was; an UPDATE to the same value writes nothing. */
  touch(): void {
    inTransaction(this.#connection, 'NORMAL', () =>
      this.#connection.exec(
        "INSERT INTO reserve VALUES (x''); DELETE FROM reserve WHERE rowid = last_insert_rowid()",
      ),
    )
  }

  get #walBytes(): number {
    return statSync(`${this.#connection.name}-wal`, { throwIfNoEntry: false })?.size ?? 0
  }

  #write(statement: Statement, times: number): void {
    inTransaction(this.#connection, 'NORMAL', () => {
      for (let time = 0; time < times; time += 1) statement.run()
    })
    this.#isReleased = false
    this.#held = this.#count.get() as number
  }
}
