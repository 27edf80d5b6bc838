/** A connection to read by that outlives its file: when a damaged one is replaced, it goes on with the new one. */
import { meansDamage, workError, type Connection } from './connection.ts'
import { closeQuietly } from './damage/integrity.ts'

/** What reading needs of a statement. */
export interface ReadStatement {
  pluck(): ReadStatement
  get(...values: readonly unknown[]): unknown
  all(...values: readonly unknown[]): unknown[]
  iterate(...values: readonly unknown[]): IterableIterator<unknown>
}

/** What reading needs of a connection; one of SQLite's is one, too. */
export interface ReadConnection {
  prepare(sql: string): ReadStatement
}

interface Statements {
  readonly connection: Connection
  /** Raised with each new file. */
  readonly generation: number
}

/**
 * Statements that were prepared before go on with the new file.
 *
 * Errors of a statement: `ERR_RECORD_DAMAGED`, after `onDamage` was told.
 */
export class LiveConnection implements ReadConnection {
  readonly #open: () => Connection
  readonly #onDamage: (cause: unknown) => void
  #now: Statements

  constructor(open: () => Connection, onDamage: (cause: unknown) => void) {
    this.#open = open
    this.#onDamage = onDamage
    this.#now = { connection: open(), generation: 0 }
  }

  prepare(sql: string): ReadStatement {
    return new LiveStatement(sql, (work) => this.#reading(work))
  }

  /** Goes on with the file that is there now. */
  reopen(): void {
    const { connection, generation } = this.#now
    this.#now = { connection: this.#open(), generation: generation + 1 }
    closeQuietly(connection)
  }

  close(): void {
    closeQuietly(this.#now.connection)
  }

  #reading<Result>(work: (now: Statements) => Result): Result {
    try {
      return work(this.#now)
    } catch (cause) {
      if (!meansDamage(cause)) throw cause
      this.#onDamage(cause)
      throw workError('ERR_RECORD_READ', cause)
    }
  }
}

class LiveStatement implements ReadStatement {
  readonly #sql: string
  readonly #reading: <Result>(work: (now: Statements) => Result) => Result
  #isPlucked = false
  #prepared: { readonly statement: ReadStatement; readonly generation: number } | null = null

  constructor(sql: string, reading: <Result>(work: (now: Statements) => Result) => Result) {
    this.#sql = sql
    this.#reading = reading
    reading((now) => this.#statement(now))
  }

  pluck(): this {
    this.#isPlucked = true
    this.#prepared = null
    return this
  }

  get(...values: readonly unknown[]): unknown {
    return this.#reading((now) => this.#statement(now).get(...values))
  }

  all(...values: readonly unknown[]): unknown[] {
    return this.#reading((now) => this.#statement(now).all(...values))
  }

  *iterate(...values: readonly unknown[]): IterableIterator<unknown> {
    const rows = this.#reading((now) => this.#statement(now).iterate(...values))
    for (;;) {
      const next = this.#reading(() => rows.next())
      if (next.done === true) return
      yield next.value
    }
  }

  #statement({ connection, generation }: Statements): ReadStatement {
    if (this.#prepared?.generation === generation) return this.#prepared.statement
    const prepared = connection.prepare(this.#sql) as ReadStatement
    const statement = this.#isPlucked ? prepared.pluck() : prepared
    this.#prepared = { statement, generation }
    return statement
  }
}
