/** The writer as the rest of the record sees it: typed calls that are answered by its thread. */
import { Worker } from 'node:worker_threads'
import { builtModule } from '../../core/built-module.ts'
import { PicketError } from '../../core/errors.ts'
import type { CallName, Failure, Reply, Started, WriterCalls, WriterSettings } from './calls.ts'

interface Waiting {
  readonly resolve: (output: never) => void
  readonly reject: (error: PicketError) => void
}

/**
 * A thread of its own for everything that is written, since a write transaction may take 200 ms and the
 * agent's thread must answer the API meanwhile. Calls are answered in the order they were made.
 */
export class Writer {
  /** What was found at start that somebody should know: a damaged file set aside. */
  readonly findings: readonly string[]
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  #gone: PicketError | null = null

  private constructor(worker: Worker, findings: readonly string[]) {
    this.#worker = worker
    this.findings = findings
    worker.on('message', (reply: Reply) => this.#settle(reply))
    worker.on('error', (cause) => this.#lose(cause))
    worker.on('exit', () => this.#lose(undefined))
  }

  /** Opens the database in a new thread. Errors: `ERR_RECORD_OPEN`, `ERR_RECORD_LOCKED`. */
  static async start(settings: WriterSettings): Promise<Writer> {
    const worker = new Worker(builtModule(import.meta.url, './worker.ts'), {
      workerData: settings,
      // Flags meant for the main script (--input-type, a test runner's loader) are none of its business.
      execArgv: [],
    })
    const started = await new Promise<Started>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    worker.removeAllListeners('error')
    if (started.kind === 'refused') throw errorOf(started.failure)
    return new Writer(worker, started.findings)
  }

  /** Has the writer do something. Errors: `ERR_RECORD_WRITE`; nothing of the call is then kept. */
  call<Name extends CallName>(
    name: Name,
    input: WriterCalls[Name]['input'],
  ): Promise<WriterCalls[Name]['output']> {
    if (this.#gone !== null) return Promise.reject(this.#gone)
    const id = this.#nextId
    this.#nextId += 1
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, name, input })
    })
  }

  /** Closes the database and ends the thread, after every call made before. */
  async close(): Promise<void> {
    if (this.#gone !== null) return
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve))
    await this.call('close', null)
    await ended
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if (reply.kind === 'done') waiting?.resolve(reply.output as never)
    else waiting?.reject(errorOf(reply.failure))
  }

  #lose(cause: unknown): void {
    this.#gone ??= new PicketError('ERR_RECORD_WRITE', 'the log is closed', {
      cause,
      hint: 'if the agent is running, its writer has failed: restart it and report the cause',
    })
    for (const waiting of this.#waiting.values()) waiting.reject(this.#gone)
    this.#waiting.clear()
  }
}

function errorOf({ code, message, hint }: Failure): PicketError {
  return new PicketError(code, message, hint === undefined ? {} : { hint })
}
