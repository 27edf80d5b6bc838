/** Group commit: what waits to be written together is one transaction, and one sync of the disk. */
import type { Connection } from '../sqlite/connection.ts'
import { ending, type Answers, type Ended, type Together } from '../thread.ts'
import type { WriterCalls } from './calls.ts'
import type { DiskRoom } from './room/disk-room.ts'

/** Small rows each; flows and deletions take their time by themselves. */
const GROUPED: ReadonlySet<keyof WriterCalls> = new Set([
  ...(['saveEvents', 'saveEvidence', 'saveBlocks', 'saveAllowlistEntry', 'saveToken'] as const),
  ...(['saveVerdict', 'saveSuppression', 'countHidden', 'saveAnswer', 'saveRuleSwitch'] as const),
  ...(['appendAudit', 'advanceSink', 'orderReplay', 'advanceReplay'] as const),
])
/** Some 20 ms: the longest that the first of a group waits for the last. */
const MOST = 64

/**
 * Makes the carrying out of groups.
 *
 * Each call is a savepoint: one that fails takes back its own rows alone, and nobody is answered before the commit
 * is on the disk. When the transaction itself fails (a full disk) nothing of it is kept, and each call is carried out
 * again by itself, as it would have been without the others.
 */
export function groupCommit(
  connection: Connection,
  answers: Answers<WriterCalls>,
  room: Pick<DiskRoom, 'heed'>,
): Together<WriterCalls> {
  return {
    calls: GROUPED,
    most: MOST,
    carryOut(calls) {
      room.heed()
      connection.pragma('synchronous = FULL')
      const ended: Ended[] = []
      try {
        connection.exec('BEGIN IMMEDIATE')
        for (const { name, input } of calls) {
          ended.push(ending(() => answers[name](input as never)))
          if (!connection.inTransaction) return null
        }
        connection.exec('COMMIT')
        return ended
      } catch {
        if (connection.inTransaction) connection.exec('ROLLBACK')
        return null
      }
    },
  }
}
