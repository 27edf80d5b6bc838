/** Typed calls that a thread of its own answers: both ends of the wire, for the writer and the reader. */
import { Worker, type MessagePort } from 'node:worker_threads'
import { PicketError, type ErrorCode } from '../core/errors.ts'

interface Call {
  readonly input: unknown
  readonly output: unknown
}

/** What a thread can be asked to do: each call's name, what goes in and what comes back. */
export type CallTable<Calls> = Record<keyof Calls, Call> & { readonly close: Call }

/** The thread's side: a function for each call; what it throws is the caller's failure. */
export type Answers<Calls extends CallTable<Calls>> = {
  readonly [Name in keyof Calls]: (input: Calls[Name]['input']) => Calls[Name]['output']
}

interface Request {
  readonly id: number
  readonly name: PropertyKey
  readonly input: unknown
}

interface Failure {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string | undefined
}

type Reply =
  | { readonly kind: 'done'; readonly id: number; readonly output: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure }

/** The first message of a thread. */
type Started<Findings> =
  | { readonly kind: 'started'; readonly findings: Findings }
  | { readonly kind: 'refused'; readonly failure: Failure }

interface Waiting {
  readonly resolve: (output: never) => void
  readonly reject: (error: PicketError) => void
}

export interface ThreadOptions {
  /** Path of the built module that calls `answerCalls`. */
  readonly module: string
  /** The module's `workerData`. */
  readonly settings: unknown
  /** What callers are told once the thread is gone; `cause` is undefined where it ended in order. */
  readonly lost: (cause: unknown) => PicketError
}

/** The caller's side of a thread. Calls are answered in the order they were made. */
export class Thread<Calls extends CallTable<Calls>, Findings = null> {
  /** What the thread found at its start. */
  readonly findings: Findings
  readonly #worker: Worker
  readonly #lost: ThreadOptions['lost']
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  #gone: PicketError | null = null

  private constructor(worker: Worker, lost: ThreadOptions['lost'], findings: Findings) {
    this.#worker = worker
    this.#lost = lost
    this.findings = findings
    worker.on('message', (reply: Reply) => this.#settle(reply))
    worker.on('error', (cause) => this.#lose(cause))
    worker.on('exit', () => this.#lose(undefined))
  }

  /** Starts the thread. Errors: what the module's `open` threw, as a `PicketError`. */
  static async start<Calls extends CallTable<Calls>, Findings = null>({
    module,
    settings,
    lost,
  }: ThreadOptions): Promise<Thread<Calls, Findings>> {
    // Flags meant for the main script (--input-type, a test runner's loader) are none of its business.
    const worker = new Worker(module, { workerData: settings, execArgv: [] })
    const started = await new Promise<Started<Findings>>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
      worker.once('exit', () => reject(lost(undefined)))
    })
    worker.removeAllListeners('error')
    if (started.kind === 'refused') throw errorOf(started.failure)
    return new Thread<Calls, Findings>(worker, lost, started.findings)
  }

  /** Whether the thread has ended, by order or by a failure; every call is then refused. */
  get isGone(): boolean {
    return this.#gone !== null
  }

  /** Has the thread do something. Errors: what its answer threw; `lost` when it is gone. */
  call<Name extends keyof Calls>(
    name: Name,
    input: Calls[Name]['input'],
  ): Promise<Calls[Name]['output']> {
    if (this.#gone !== null) return Promise.reject(this.#gone)
    const id = this.#nextId
    this.#nextId += 1
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, name, input } satisfies Request)
    })
  }

  /** Has the thread close what it has open and end, after every call made before. */
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
    this.#gone ??= this.#lost(cause)
    for (const waiting of this.#waiting.values()) waiting.reject(this.#gone)
    this.#waiting.clear()
  }
}

/**
 * Answers the calls that come through `port`, until one of them is `close`.
 *
 * `open` makes the answers once; `errorFrom` says in words what it or an answer threw.
 */
export function answerCalls<Calls extends CallTable<Calls>, Findings>(
  port: MessagePort,
  open: () => { readonly answers: Answers<Calls>; readonly findings: Findings },
  errorFrom: (cause: unknown) => PicketError,
): void {
  const send = (message: Reply | Started<Findings>): void => port.postMessage(message)
  const failureOf = (cause: unknown): Failure => {
    const { code, message, hint } = errorFrom(cause)
    return { code, message, hint }
  }
  const serve = (answers: Answers<Calls>, { id, name, input }: Request): void => {
    try {
      send({ kind: 'done', id, output: answers[name as keyof Calls](input) })
    } catch (cause) {
      send({ kind: 'failed', id, failure: failureOf(cause) })
    }
    if (name === 'close') port.close()
  }
  try {
    const { answers, findings } = open()
    port.on('message', (request: Request) => serve(answers, request))
    send({ kind: 'started', findings })
  } catch (cause) {
    send({ kind: 'refused', failure: failureOf(cause) })
  }
}

function errorOf({ code, message, hint }: Failure): PicketError {
  return new PicketError(code, message, hint === undefined ? {} : { hint })
}
