/** What MySQL and PostgreSQL have in common: a login at the beginning, and the first questions behind it. */
import type { DatabaseFacts } from '../facts.ts'
import { FactReader, Next, type ReadingContext } from '../reader.ts'
import { FirstQueries } from './first-queries.ts'

export abstract class DatabaseReader extends FactReader {
  readonly #kind: DatabaseFacts['kind']
  protected version: string | null = null
  protected user: string | null = null
  protected database: string | null = null
  #errorCode: string | null = null
  #authFailures = 0
  #authSuccesses = 0
  #startsTls = false
  /** Null until somebody was let in. */
  protected queries: FirstQueries | null = null

  constructor(kind: DatabaseFacts['kind'], context: ReadingContext) {
    super(context)
    this.#kind = kind
  }

  /** What follows a login is the database's own business, but for how it begins. */
  protected endLogin(outcome: 'failure' | 'success', code: string | null): number {
    if (outcome === 'failure') this.#authFailures += 1
    else this.#authSuccesses += 1
    if (outcome === 'failure') this.#errorCode = this.keep(code)
    const { user } = this
    const application = this.#kind
    if (this.context.isHeard)
      this.context.tell({ kind: 'login', application, outcome, user, code, secret: null })
    if (outcome === 'failure' || !this.context.isHeard) return Next.DONE
    this.queries = new FirstQueries(application, this.context)
    return Next.MORE
  }

  /** An error that says nothing of a login. */
  protected fail(code: string | null): number {
    this.#errorCode = this.keep(code)
    return Next.DONE
  }

  protected goOverToTls(): number {
    this.#startsTls = true
    return Next.DONE
  }

  override facts(): DatabaseFacts {
    return {
      kind: this.#kind,
      version: this.version,
      user: this.user,
      database: this.database,
      errorCode: this.#errorCode,
      authFailures: this.#authFailures,
      authSuccesses: this.#authSuccesses,
      startsTls: this.#startsTls,
    }
  }
}
