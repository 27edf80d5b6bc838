/** Typed calls that a thread of its own answers: both ends of the wire, for the writer and the reader. */
import { Worker, type MessagePort } from 'node:worker_threads'
import { PicketError, type ErrorCode } from '../core/errors.ts'

interface Call {
  readonly input: unknown
  readonly output: unknown
}

/** What a thread can be asked to do: each call's name, what goes in and what comes back. */
export type CallTable<Calls> = Record<keyof Calls, Call> & { readonly close: Call }

/** How a call ended: what came of it, or what it threw. */
export type Ended = { readonly output: unknown } | { readonly cause: unknown }

/** Several calls that are carried out in one go, so that what costs most is paid once for all. */
export interface Together<Calls> {
  readonly calls: ReadonlySet<keyof Calls>
  /** So many at most. */
  readonly most: number
  /** Carries them out in their order; none is answered before it returns. Null to have each carried out by itself. */
  carryOut(
    calls: readonly { readonly name: keyof Calls; readonly input: unknown }[],
  ): Ended[] | null
}

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

type Reply<Findings> =
  | { readonly kind: 'done'; readonly id: number; readonly output: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure }
  | { readonly kind: 'told'; readonly findings: Findings }

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
  #listener: (findings: Findings) => void = () => undefined
  #nextId = 1
  #gone: PicketError | null = null

  private constructor(worker: Worker, lost: ThreadOptions['lost'], findings: Findings) {
    this.#worker = worker
    this.#lost = lost
    this.findings = findings
    worker.on('message', (reply: Reply<Findings>) => this.#receive(reply))
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

  /** Has somebody told of what the thread finds later on. */
  onTold(listener: (findings: Findings) => void): void {
    this.#listener = listener
  }

  #receive(reply: Reply<Findings>): void {
    if (reply.kind === 'told') this.#listener(reply.findings)
    else this.#settle(reply)
  }

  #settle(reply: Exclude<Reply<Findings>, { readonly kind: 'told' }>): void {
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

/** What a thread does its work with. */
export interface Opened<Calls extends CallTable<Calls>, Findings> {
  readonly answers: Answers<Calls>
  /** Told to the other side: at the start, and after each repair. */
  readonly findings: Findings
  readonly together?: Together<Calls>
  /** Puts right what made a call fail, where it can: the call is then made once more. Null where it cannot. */
  repair?(cause: unknown): Opened<Calls, Findings> | null
}

/**
 * Answers the calls that come through `port`, until one of them is `close`.
 *
 * `open` makes the answers; `errorFrom` says in words what it or an answer threw.
 */
export function answerCalls<Calls extends CallTable<Calls>, Findings>(
  port: MessagePort,
  open: () => Opened<Calls, Findings>,
  errorFrom: (cause: unknown) => PicketError,
): void {
  const send = (message: Reply<Findings> | Started<Findings>): void => port.postMessage(message)
  const failureOf = (cause: unknown): Failure => {
    const { code, message, hint } = errorFrom(cause)
    return { code, message, hint }
  }
  const tell = ({ id, name }: Request, ended: Ended): void => {
    if ('output' in ended) send({ kind: 'done', id, output: ended.output })
    else send({ kind: 'failed', id, failure: failureOf(ended.cause) })
    if (name === 'close') port.close()
  }
  try {
    const opened = open()
    const queue = new Queue(opened, tell, (findings) => send({ kind: 'told', findings }))
    port.on('message', (request: Request) => queue.add(request))
    send({ kind: 'started', findings: opened.findings })
  } catch (cause) {
    send({ kind: 'refused', failure: failureOf(cause) })
  }
}

/** What has come in and is not carried out yet: whatever came while one call was at work is there for the next. */
class Queue<Calls extends CallTable<Calls>, Findings> {
  readonly #tell: (request: Request, ended: Ended) => void
  readonly #tellFindings: (findings: Findings) => void
  #opened: Opened<Calls, Findings>
  #waiting: Request[] = []

  constructor(
    opened: Opened<Calls, Findings>,
    tell: (request: Request, ended: Ended) => void,
    tellFindings: (findings: Findings) => void,
  ) {
    this.#opened = opened
    this.#tell = tell
    this.#tellFindings = tellFindings
  }

  add(request: Request): void {
    this.#waiting.push(request)
    // After all messages that are there by now.
    if (this.#waiting.length === 1) setImmediate(() => this.#drain())
  }

  #drain(): void {
    while (this.#waiting.length > 0) {
      const requests = this.#waiting.splice(0, this.#groupLength())
      const ended = this.#carryOut(requests)
      requests.forEach((request, index) => this.#tell(request, ended[index]!))
    }
  }

  #groupLength(): number {
    const { together } = this.#opened
    if (together === undefined) return 1
    const { calls, most } = together
    const other = this.#waiting.findIndex(({ name }) => !calls.has(name as keyof Calls))
    return Math.min(most, Math.max(1, other === -1 ? this.#waiting.length : other))
  }

  #carryOut(requests: readonly Request[]): readonly Ended[] {
    const calls = requests as readonly Named<Calls>[]
    const all = requests.length > 1 ? (this.#opened.together?.carryOut(calls) ?? null) : null
    const ended = all ?? calls.map((call) => this.#answer(call))
    return ended.map((end, index) => this.#afterRepair(end, calls[index]!))
  }

  #answer({ name, input }: Named<Calls>): Ended {
    return ending(() => this.#opened.answers[name](input))
  }

  #afterRepair(ended: Ended, call: Named<Calls>): Ended {
    if ('output' in ended) return ended
    const repaired = this.#opened.repair?.(ended.cause) ?? null
    if (repaired === null) return ended
    this.#opened = repaired
    this.#tellFindings(repaired.findings)
    return this.#answer(call)
  }
}

/** A call as it came in. */
interface Named<Calls> {
  readonly name: keyof Calls
  readonly input: unknown
}

/** How some work ends. */
export function ending(work: () => unknown): Ended {
  try {
    return { output: work() }
  } catch (cause) {
    return { cause }
  }
}

function errorOf({ code, message, hint }: Failure): PicketError {
  return new PicketError(code, message, hint === undefined ? {} : { hint })
}
