/** The reader: listings that no index may serve, step by step in a thread of their own. */
import { builtModule } from '../../core/built-module.ts'
import { PicketError } from '../../core/errors.ts'
import type { Flow } from '../../flow/flow.ts'
import type { Page } from '../event-log.ts'
import type { FlowQuery } from '../flow-log.ts'
import { Thread } from '../thread.ts'
import type { ReaderCalls, ReaderSettings } from './calls.ts'

/** How long a listing is looked for; what was found by then is the page. */
const QUERY_MS = 10_000
/** More at once would only make each slower. */
const MAX_QUERIES = 8

export interface ReaderOptions {
  readonly path: string
  /** 0 ends each page after its first step. */
  readonly queryMs?: number
  readonly maxQueries?: number
}

/**
 * Lists without holding up the agent's thread, whatever is asked.
 *
 * The thread starts with the first query. It takes one step at a time and queries take turns, so that a quick
 * one never waits for the end of a slow one; each step is a transaction of its own, so that no reader keeps
 * the WAL from being folded in.
 */
export class Reader {
  readonly #settings: ReaderSettings
  readonly #queryMs: number
  readonly #maxQueries: number
  #thread: Promise<Thread<ReaderCalls>> | null = null
  #queries = 0
  #isClosed = false

  constructor({ path, queryMs = QUERY_MS, maxQueries = MAX_QUERIES }: ReaderOptions) {
    this.#settings = { path }
    this.#queryMs = queryMs
    this.#maxQueries = maxQueries
  }

  /**
   * Gives a page of flows. Errors: `ERR_API_REQUEST` for a cursor that is not ours, `ERR_RECORD_BUSY` when
   * too many queries are under way, `ERR_RECORD_READ`.
   */
  async listFlows(query: FlowQuery): Promise<Page<Flow>> {
    if (this.#queries >= this.#maxQueries) throw busy(this.#queries)
    this.#queries += 1
    try {
      return await this.#stepThrough(query)
    } finally {
      this.#queries -= 1
    }
  }

  /** Ends the thread when its present step is done; queries under way fail. */
  async close(): Promise<void> {
    this.#isClosed = true
    // A thread that could not start has told those who asked for it, and there is nothing to close.
    const thread = await this.#thread?.catch(() => null)
    await thread?.close()
  }

  async #stepThrough(query: FlowQuery): Promise<Page<Flow>> {
    const untilMs = performance.now() + this.#queryMs
    const items: Flow[] = []
    let cursor = query.cursor ?? null
    do {
      const thread = await this.#started()
      const limit = query.limit - items.length
      const step = await thread.call('stepFlows', { ...query, limit, cursor: cursor ?? undefined })
      items.push(...step.items)
      cursor = step.nextCursor
    } while (cursor !== null && items.length < query.limit && performance.now() < untilMs)
    return { items, nextCursor: cursor }
  }

  /** Gives the thread, a new one when the last has failed. */
  async #started(): Promise<Thread<ReaderCalls>> {
    const present = this.#thread
    if (present !== null && !(await present).isGone) return present
    if (this.#isClosed) throw closed(undefined)
    if (this.#thread === present) this.#thread = this.#start()
    return this.#thread!
  }

  #start(): Promise<Thread<ReaderCalls>> {
    const module = builtModule(import.meta.url, './worker.ts')
    const starting = Thread.start<ReaderCalls>({ module, settings: this.#settings, lost: closed })
    starting.catch(() => {
      this.#thread = null
    })
    return starting
  }
}

function closed(cause: unknown): PicketError {
  return new PicketError('ERR_RECORD_READ', 'the log is closed', {
    cause,
    hint: 'if the agent is running, ask again; its reader had failed and is started anew',
  })
}

function busy(queries: number): PicketError {
  return new PicketError('ERR_RECORD_BUSY', `${queries} listings of the log are under way`, {
    hint: 'ask again in some seconds, and for less: an address or a short span of time is quick',
  })
}
