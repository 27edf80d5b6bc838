/** The reader's thread: a read-only connection for listings that may have to look at every row. */
import { parentPort, workerData } from 'node:worker_threads'
import { openError, openReader, workError, type Connection } from '../sqlite/connection.ts'
import { answerCalls, type Answers } from '../thread.ts'
import { stepAudit, walkAudit } from './audit.ts'
import type { ReaderCalls, ReaderSettings } from './calls.ts'
import { stepEvents } from './events/events.ts'
import { stepIncidents } from './events/triage.ts'
import { stepSums } from './flows/flow-sums.ts'
import { stepFlows } from './flows/flows.ts'
import { countStates } from './outbox.ts'

function open({ path }: ReaderSettings): Connection {
  try {
    return openReader(path)
  } catch (cause) {
    throw openError(path, cause)
  }
}

function answersOf(connection: Connection): Answers<ReaderCalls> {
  return {
    stepEvents: (query) => stepEvents(connection, query),
    stepIncidents: (query) => stepIncidents(connection, query),
    stepFlows: (query) => stepFlows(connection, query),
    countStates: (range) => countStates(connection, range),
    stepAudit: (query) => stepAudit(connection, query),
    walkAudit: (walk) => walkAudit(connection, walk),
    stepSums: (query) => stepSums(connection, query),
    close: () => {
      connection.close()
      return null
    },
  }
}

if (parentPort !== null) {
  const start = (): { answers: Answers<ReaderCalls>; findings: null } => ({
    answers: answersOf(open(workerData as ReaderSettings)),
    findings: null,
  })
  answerCalls<ReaderCalls, null>(parentPort, start, (cause) => workError('ERR_RECORD_READ', cause))
}
