/** The writer's thread: the only connection of this process that writes, and its answers to calls. */
import { parentPort, workerData } from 'node:worker_threads'
import { appendAudit } from '../sqlite/audit-chain.ts'
import { FoundDamage, inTransaction, meansDamage, workError } from '../sqlite/connection.ts'
import { answerCalls, type Answers, type Opened as Served } from '../thread.ts'
import type { WriterCalls, WriterFindings, WriterSettings } from './calls.ts'
import { groupCommit } from './group-commit.ts'
import { flowInserter } from './flows/insert-flows.ts'
import { open, openAnew, type Opened } from './opened.ts'
import { outboxWriter } from './outbox.ts'
import type { DiskRoom } from './room/disk-room.ts'
import { pruner } from './room/prune.ts'
import { allowlistSaver } from './save/allowlist.ts'
import { answerForgetter, answerSaver, switchSaver } from './save/api-state.ts'
import { blockSaver } from './save/blocks.ts'
import { eventSaver } from './save/events.ts'
import { evidenceSaver } from './save/evidence.ts'
import { fleetOrderSaver, fleetPositionSaver } from './save/fleet-orders.ts'
import { tokenSaver } from './save/tokens.ts'
import { hiddenCounter, suppressionSaver, verdictSaver } from './save/triage.ts'

/** Damage that comes again at once is that of the disk: the failure is then told, and the file left alone. */
const REPAIR_EVERY_MS = 60_000

/** Makes an answer that is tried again without the ballast when the disk is full. */
const surely =
  (room: DiskRoom) =>
  <Input, Output>(answer: (input: Input) => Output) =>
  (input: Input): Output =>
    room.withLastRoom(() => answer(input))

/** `sure` wraps what must succeed even on a full disk. */
function answersOf(
  { connection, guard, room, findings, assertThere }: Opened,
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
    forgetAnswer: answerForgetter(connection),
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
    tend: () => {
      assertThere()
      return room.tend()
    },
    prune: sure(pruner(connection, room)),
    ping: () => null,
    mend: ({ generation, damage }) => {
      if (generation === findings.generation) throw new FoundDamage(damage)
      return null
    },
    close: () => {
      connection.close()
      guard?.release()
      return null
    },
  }
}

function served(opened: Opened, triedAt = -Infinity): Served<WriterCalls, WriterFindings> {
  let triedAtMs = triedAt
  // Within a group a full disk is no call's own affair: the group is given up, and each tried by itself.
  const grouped = answersOf(opened, (answer) => answer)
  return {
    answers: answersOf(opened, surely(opened.room)),
    findings: opened.findings,
    together: groupCommit(opened.connection, grouped, opened.room),
    repair(cause) {
      // Only who holds the guard may judge the file.
      const mayRepair = opened.guard !== null && performance.now() - triedAtMs > REPAIR_EVERY_MS
      if (!mayRepair || !meansDamage(cause)) return null
      triedAtMs = performance.now()
      const anew = openAnew(opened, cause)
      return anew === null ? null : served(anew, triedAtMs)
    },
  }
}

if (parentPort !== null) {
  answerCalls<WriterCalls, WriterFindings>(
    parentPort,
    () => served(open(workerData as WriterSettings)),
    (cause) => workError('ERR_RECORD_WRITE', cause),
  )
}
