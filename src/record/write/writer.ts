/** The writer as the rest of the record sees it: typed calls that are answered by its thread. */
import { builtProgram } from '../../core/process/programs.ts'
import { PicketError } from '../../core/errors.ts'
import { Thread } from '../thread.ts'
import type { CallName, WriterCalls, WriterFindings, WriterSettings } from './calls.ts'

/**
 * A thread of its own for everything that is written, since a write transaction may take 200 ms and the
 * agent's thread must answer the API meanwhile. Calls are answered in the order they were made.
 */
export class Writer {
  readonly #thread: Thread<WriterCalls, WriterFindings>

  private constructor(thread: Thread<WriterCalls, WriterFindings>) {
    this.#thread = thread
  }

  /** Opens the database in a new thread. Errors: `ERR_RECORD_OPEN`, `ERR_RECORD_LOCKED`. */
  static async start(settings: WriterSettings): Promise<Writer> {
    const module = builtProgram('record/write/worker')
    return new Writer(await Thread.start({ module, settings, lost: closed }))
  }

  /** What was found at start that somebody should know: a damaged file set aside. */
  get findings(): readonly string[] {
    return this.#thread.findings.told
  }

  /** Has somebody told when a damaged file was set aside, and a new one begun, since the start. */
  onBegunAnew(listener: (findings: WriterFindings) => void): void {
    this.#thread.onTold(listener)
  }

  /** Has the writer do something. Errors: `ERR_RECORD_WRITE`; nothing of the call is then kept. */
  call<Name extends CallName>(
    name: Name,
    input: WriterCalls[Name]['input'],
  ): Promise<WriterCalls[Name]['output']> {
    return this.#thread.call(name, input)
  }

  /** Closes the database and ends the thread, after every call made before. */
  close(): Promise<void> {
    return this.#thread.close()
  }
}

function closed(cause: unknown): PicketError {
  return new PicketError('ERR_RECORD_WRITE', 'the log is closed', {
    cause,
    hint: 'if the agent is running, its writer has failed: restart it and report the cause',
  })
}
