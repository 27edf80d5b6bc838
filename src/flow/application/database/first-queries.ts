/** The first questions of a connection behind its login, as far as they are told: how each begins. */
import { Next, type ReadingContext } from '../reader.ts'

/** Whoever breaks in does so soon; what an application asks all day is not read. */
const MOST_QUERIES = 24
const MOST_PAYLOADS = 128
/** Of a question so much is told, at most. */
export const LONGEST_QUERY = 256

export class FirstQueries {
  readonly #application: 'mysql' | 'postgresql' | 'mssql'
  readonly #context: ReadingContext
  #payloads = 0
  #queries = 0

  constructor(application: 'mysql' | 'postgresql' | 'mssql', context: ReadingContext) {
    this.#application = application
    this.#context = context
  }

  /** Notes a payload, and the question in it, if there is one; says whether to read on. */
  note(text: string | null): number {
    this.#payloads += 1
    if (text !== null && text !== '') {
      this.#queries += 1
      this.#context.tell({ kind: 'database-query', application: this.#application, text })
    }
    const isEnough = this.#queries >= MOST_QUERIES || this.#payloads >= MOST_PAYLOADS
    return isEnough ? Next.DONE : Next.MORE
  }
}
