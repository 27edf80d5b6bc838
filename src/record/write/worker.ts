/** The writer's thread: the only connection of this process that writes, and its answers to calls. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { PicketError } from '../../core/errors.ts'
import { appendAudit } from '../sqlite/audit-chain.ts'
import {
  inTransaction,
  openError,
  openWriter,
  sqliteCode,
  type Connection,
} from '../sqlite/connection.ts'
import { setAsideIfDamaged, takeGuard, type Guard } from '../sqlite/integrity.ts'
import { migrate, refuseForeign } from '../sqlite/migrate.ts'
import type {
  CallName,
  Failure,
  Reply,
  Request,
  Started,
  WriterCalls,
  WriterSettings,
} from './calls.ts'
import { flowInserter } from './insert-flows.ts'
import { pruner } from './prune.ts'
import { blockSaver } from './save-block.ts'
import { eventSaver } from './save-events.ts'
import { tokenSaver } from './save-token.ts'

type Answers = {
  readonly [Name in CallName]: (input: WriterCalls[Name]['input']) => WriterCalls[Name]['output']
}

interface Opened {
  readonly connection: Connection
  readonly guard: Guard | null
  readonly findings: readonly string[]
}

function open({ path, nowMs }: WriterSettings): Opened {
  try {
    const guard = takeGuard(path)
    const found = guard === null ? null : setAsideIfDamaged(path, nowMs)
    const connection = openWriter(path)
    refuseForeign(connection, path)
    migrate(connection, nowMs)
    return { connection, guard, findings: found === null ? [] : [found] }
  } catch (cause) {
    throw openError(path, cause)
  }
}

function answersOf({ connection, guard }: Opened): Answers {
  const advance = connection.prepare(
    `INSERT INTO sink_positions (sink, sequence, updated_at_ms) VALUES (@sink, @sequence, @atMs)
     ON CONFLICT (sink) DO UPDATE SET sequence = excluded.sequence,
       updated_at_ms = excluded.updated_at_ms`,
  )
  return {
    saveEvents: eventSaver(connection),
    insertFlows: flowInserter(connection),
    saveBlock: blockSaver(connection),
    saveToken: tokenSaver(connection),
    appendAudit: ({ entry, atMs }) =>
      inTransaction(connection, 'FULL', () => {
        appendAudit(connection, entry, atMs)
        return null
      }),
    // NORMAL: a position that a power cut takes back only makes the sink see some events again.
    advanceSink: (input) =>
      inTransaction(connection, 'NORMAL', () => {
        advance.run(input)
        return null
      }),
    prune: pruner(connection),
    close: () => {
      connection.close()
      guard?.release()
      return null
    },
  }
}

function failureOf(cause: unknown): Failure {
  if (cause instanceof PicketError) {
    return { code: cause.code, message: cause.message, hint: cause.hint }
  }
  const code = sqliteCode(cause)
  const reason = cause instanceof Error ? cause.message : String(cause)
  const hint =
    code === 'SQLITE_FULL' || code?.startsWith('SQLITE_IOERR')
      ? 'make room on the disk that holds the data folder'
      : undefined
  return { code: 'ERR_RECORD_WRITE', message: `cannot write to the log: ${reason}`, hint }
}

function serve(port: MessagePort, answers: Answers): void {
  port.on('message', (request: Request) => {
    const answer = answers[request.name] as (input: unknown) => unknown
    try {
      reply(port, { kind: 'done', id: request.id, output: answer(request.input) })
    } catch (cause) {
      reply(port, { kind: 'failed', id: request.id, failure: failureOf(cause) })
    }
    if (request.name === 'close') port.close()
  })
}

function reply(port: MessagePort, message: Reply | Started): void {
  port.postMessage(message)
}

if (parentPort !== null) {
  try {
    const opened = open(workerData as WriterSettings)
    serve(parentPort, answersOf(opened))
    reply(parentPort, { kind: 'started', findings: opened.findings })
  } catch (cause) {
    reply(parentPort, { kind: 'refused', failure: failureOf(cause) })
  }
}
