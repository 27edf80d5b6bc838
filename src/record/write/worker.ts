/** The writer's thread: the only connection of this process that writes, and its answers to calls. */
import { parentPort, workerData } from 'node:worker_threads'
import { appendAudit } from '../sqlite/audit-chain.ts'
import {
  inTransaction,
  openError,
  openWriter,
  workError,
  type Connection,
} from '../sqlite/connection.ts'
import { setAsideIfDamaged, takeGuard, type Guard } from '../sqlite/integrity.ts'
import { migrate, refuseForeign } from '../sqlite/migrate.ts'
import { answerCalls, type Answers } from '../thread.ts'
import type { WriterCalls, WriterSettings } from './calls.ts'
import { flowInserter } from './insert-flows.ts'
import { pruner } from './prune.ts'
import { answerSaver, switchSaver } from './save-api-state.ts'
import { blockSaver } from './save-block.ts'
import { eventSaver } from './save-events.ts'
import { evidenceSaver } from './save-evidence.ts'
import { tokenSaver } from './save-token.ts'
import { hiddenCounter, suppressionSaver, verdictSaver } from './save-triage.ts'

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

function answersOf({ connection, guard }: Opened): Answers<WriterCalls> {
  const advance = connection.prepare(
    `INSERT INTO sink_positions (sink, sequence, updated_at_ms) VALUES (@sink, @sequence, @atMs)
     ON CONFLICT (sink) DO UPDATE SET sequence = excluded.sequence,
       updated_at_ms = excluded.updated_at_ms`,
  )
  return {
    saveEvents: eventSaver(connection),
    saveEvidence: evidenceSaver(connection),
    insertFlows: flowInserter(connection),
    saveBlock: blockSaver(connection),
    saveToken: tokenSaver(connection),
    saveVerdict: verdictSaver(connection),
    saveSuppression: suppressionSaver(connection),
    countHidden: hiddenCounter(connection),
    saveAnswer: answerSaver(connection),
    saveRuleSwitch: switchSaver(connection),
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

if (parentPort !== null) {
  const start = (): { answers: Answers<WriterCalls>; findings: readonly string[] } => {
    const opened = open(workerData as WriterSettings)
    return { answers: answersOf(opened), findings: opened.findings }
  }
  answerCalls<WriterCalls, readonly string[]>(parentPort, start, (cause) =>
    workError('ERR_RECORD_WRITE', cause),
  )
}
