/** The reader: listings that no index may serve, step by step in a thread of their own. */
import { builtProgram } from '../../core/process/programs.ts'
import { PicketError } from '../../core/errors.ts'
import type { Flow } from '../../flow/flow.ts'
import type {
  AuditFinding,
  AuditHead,
  AuditProblem,
  AuditQuery,
  AuditRow,
} from '../logs/audit-trail.ts'
import type { Event } from '../event.ts'
import type { EventQuery, Page } from '../logs/event-log.ts'
import type { FlowQuery, FlowSumQuery, FlowSums } from '../logs/flow-log.ts'
import type { Incident, IncidentQuery } from '../logs/triage-log.ts'
import { GENESIS } from '../sqlite/audit-chain.ts'
import { Thread } from '../thread.ts'
import type { ReaderCalls, ReaderSettings } from './calls.ts'
import { SumTable } from './flows/sum-table.ts'

/** Some 20 ms. */
const STATES_PER_STEP = 20_000
/** How long a listing is looked for; what was found by then is the page. */
const QUERY_MS = 10_000
/** More at once would only make each slower. */
const MAX_QUERIES = 8
/** Of a trail that is broken everywhere, so many places are told. */
const MAX_PROBLEMS = 100

export interface ReaderOptions {
  readonly path: string
  /** 0 ends each page after its first step. */
  readonly queryMs?: number
  readonly maxQueries?: number
  /** Told when a query meets damage in the file. */
  readonly onDamage?: (cause: PicketError) => void
}

/** What a query still has to get, and where it goes on. */
interface Part {
  readonly limit: number
  readonly cursor?: string | undefined
}

type Step<Item> = (thread: Thread<ReaderCalls>, part: Part) => Promise<Page<Item>>

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
  readonly #onDamage: (cause: PicketError) => void
  #thread: Promise<Thread<ReaderCalls>> | null = null
  #queries = 0
  #isClosed = false

  constructor({ path, queryMs = QUERY_MS, maxQueries = MAX_QUERIES, onDamage }: ReaderOptions) {
    this.#settings = { path }
    this.#onDamage = onDamage ?? (() => undefined)
    this.#queryMs = queryMs
    this.#maxQueries = maxQueries
  }

  /**
   * Gives a page of events. Errors: `ERR_API_REQUEST` for a cursor that is not ours, `ERR_RECORD_BUSY` when
   * too many queries are under way, `ERR_RECORD_READ`.
   */
  listEvents(query: EventQuery): Promise<Page<Event>> {
    return this.#list(query, (thread, part) => thread.call('stepEvents', { ...query, ...part }))
  }

  /** Gives a page of incidents. Errors: as `listEvents`. */
  listIncidents(query: IncidentQuery): Promise<Page<Incident>> {
    return this.#list(query, (thread, part) => thread.call('stepIncidents', { ...query, ...part }))
  }

  /** Gives a page of flows. Errors: as `listEvents`. */
  listFlows(query: FlowQuery): Promise<Page<Flow>> {
    return this.#list(query, (thread, part) => thread.call('stepFlows', { ...query, ...part }))
  }

  /** Counts the event states from one number to another that are still there. Errors: `ERR_RECORD_READ`. */
  async countStates(from: number, to: number): Promise<number> {
    let count = 0
    for (let start = from; start <= to; start += STATES_PER_STEP) {
      const step = { from: start, to: Math.min(to, start + STATES_PER_STEP - 1) }
      count += await (await this.#started()).call('countStates', step)
    }
    return count
  }

  /** Gives a page of audit rows. Errors: as `listEvents`. */
  listAudit(query: AuditQuery): Promise<Page<AuditRow>> {
    return this.#list(query, (thread, part) => thread.call('stepAudit', { ...query, ...part }))
  }

  /** Walks the audit trail from its beginning to its end. Errors: `ERR_RECORD_BUSY`, `ERR_RECORD_READ`. */
  verifyAudit(known: AuditHead | null): Promise<AuditFinding> {
    return this.#inTurn(async () => {
      const problems: AuditProblem[] = []
      let [head, rows, isEnd] = [GENESIS, 0, false]
      while (!isEnd) {
        const stretch = await (await this.#started()).call('walkAudit', { head, known })
        problems.push(...stretch.problems.slice(0, MAX_PROBLEMS - problems.length))
        rows += stretch.rows
        ;({ head, isEnd } = stretch)
      }
      return { isIntact: problems.length === 0, rows, head, problems }
    })
  }

  /** Sums flows by group. Errors: `ERR_RECORD_BUSY`, `ERR_RECORD_READ`. */
  sumFlows(query: FlowSumQuery): Promise<FlowSums> {
    return this.#inTurn(async () => {
      const untilMs = performance.now() + this.#queryMs
      const sums = new SumTable()
      let cursor: string | undefined
      let isFull = false
      do {
        const step = await (await this.#started()).call('stepSums', { ...query, cursor })
        sums.add(step.items)
        isFull ||= step.isFull
        cursor = step.nextCursor ?? undefined
      } while (cursor !== undefined && performance.now() < untilMs)
      return { items: sums.items(), isComplete: cursor === undefined && !isFull && !sums.isFull }
    })
  }

  /** Goes on with the file that is there now; queries under way fail. */
  restart(): void {
    const thread = this.#thread
    this.#thread = null
    void thread?.then((started) => started.close()).catch(() => undefined)
  }

  /** Ends the thread when its present step is done; queries under way fail. */
  async close(): Promise<void> {
    this.#isClosed = true
    // A thread that could not start has told those who asked for it, and there is nothing to close.
    const thread = await this.#thread?.catch(() => null)
    await thread?.close()
  }

  #list<Item>(part: Part, step: Step<Item>): Promise<Page<Item>> {
    return this.#inTurn(() => this.#stepThrough(part, step))
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#queries >= this.#maxQueries) throw busy(this.#queries)
    this.#queries += 1
    try {
      return await work()
    } catch (cause) {
      if (cause instanceof PicketError && cause.code === 'ERR_RECORD_DAMAGED') this.#onDamage(cause)
      throw cause
    } finally {
      this.#queries -= 1
    }
  }

  async #stepThrough<Item>(part: Part, step: Step<Item>): Promise<Page<Item>> {
    const untilMs = performance.now() + this.#queryMs
    const items: Item[] = []
    let cursor = part.cursor
    do {
      const limit = part.limit - items.length
      const page = await step(await this.#started(), { limit, cursor })
      items.push(...page.items)
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined && items.length < part.limit && performance.now() < untilMs)
    return { items, nextCursor: cursor ?? null }
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
    const module = builtProgram('record/read/worker')
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
