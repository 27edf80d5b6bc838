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
import { setAsideIfDamaged, takeGuard, type Guard } from '../sqlite/damage/integrity.ts'
import { beginAnew } from './begin-anew.ts'
import { migrate, refuseForeign } from '../sqlite/migrate.ts'
import { makeShrinkable } from '../sqlite/shrinkable.ts'
import { answerCalls, type Answers } from '../thread.ts'
import type { WriterCalls, WriterSettings } from './calls.ts'
import { DiskRoom } from './room/disk-room.ts'
import { groupCommit } from './group-commit.ts'
import { flowInserter } from './insert-flows.ts'
import { outboxWriter } from './outbox.ts'
import { pruner } from './room/prune.ts'
import { allowlistSaver } from './save-allowlist.ts'
import { answerSaver, switchSaver } from './save-api-state.ts'
import { blockSaver } from './save-block.ts'
import { eventSaver } from './save-events.ts'
import { evidenceSaver } from './save-evidence.ts'
import { fleetOrderSaver, fleetPositionSaver } from './save-fleet-order.ts'
import { tokenSaver } from './save-token.ts'
import { hiddenCounter, suppressionSaver, verdictSaver } from './save-triage.ts'

interface Opened {
  readonly connection: Connection
  readonly guard: Guard | null
  readonly findings: readonly string[]
  readonly room: DiskRoom
}

function open({ path, nowMs, floorBytes }: WriterSettings): Opened {
  try {
    const guard = takeGuard(path)
    const damaged = guard === null ? null : setAsideIfDamaged(path, nowMs)
    const connection = openWriter(path)
    refuseForeign(connection, path)
    migrate(connection, nowMs)
    makeShrinkable(connection)
    const findings = damaged === null ? [] : [beginAnew(connection, damaged, { nowMs, floorBytes })]
    return { connection, guard, findings, room: new DiskRoom(connection, floorBytes) }
  } catch (cause) {
    throw openError(path, cause)
  }
}

/** Makes an answer that is tried again without the ballast when the disk is full. */
const surely =
  (room: DiskRoom) =>
  <Input, Output>(answer: (input: Input) => Output) =>
  (input: Input): Output =>
    room.withLastRoom(() => answer(input))

/** `sure` wraps what must succeed even on a full disk. */
function answersOf(
  { connection, guard, room }: Opened,
  sure: ReturnType<typeof surely>,
): Answers<WriterCalls> {
  return {
    saveEvents: sure(eventSaver(connection, room)),
    saveEvidence: evidenceSaver(connection, room),
    insertFlows: flowInserter(connection, room),
    saveBlocks: sure(blockSaver(connection)),
    saveAllowlistEntry: sure(allowlistSaver(connection)),
    saveToken: sure(tokenSaver(connection)),
    saveVerdict: sure(verdictSaver(connection)),
    saveSuppression: sure(suppressionSaver(connection)),
    countHidden: hiddenCounter(connection),
    saveAnswer: answerSaver(connection),
    saveRuleSwitch: sure(switchSaver(connection)),
    saveFleetOrder: sure(fleetOrderSaver(connection)),
    advanceFleet: sure(fleetPositionSaver(connection)),
    appendAudit: sure(({ entry, atMs }: WriterCalls['appendAudit']['input']) =>
      inTransaction(connection, 'FULL', () => {
        appendAudit(connection, entry, atMs)
        return null
      }),
    ),
    ...outboxWriter(connection),
    tend: () => room.tend(),
    prune: sure(pruner(connection, room)),
    ping: () => null,
    close: () => {
      connection.close()
      guard?.release()
      return null
    },
  }
}

if (parentPort !== null) {
  const start = () => {
    const opened = open(workerData as WriterSettings)
    // Within a group a full disk is no call's own affair: the group is given up, and each tried by itself.
    const grouped = answersOf(opened, (answer) => answer)
    return {
      answers: answersOf(opened, surely(opened.room)),
      findings: opened.findings,
      together: groupCommit(opened.connection, grouped),
    }
  }
  answerCalls<WriterCalls, readonly string[]>(parentPort, start, (cause) =>
    workError('ERR_RECORD_WRITE', cause),
  )
}
