/** The writer's thread: the only connection of this process that writes, and its answers to calls. */
import { parentPort, workerData } from 'node:worker_threads'
import { appendAudit } from '../sqlite/audit-chain.ts'
import {
  FoundDamage,
  inTransaction,
  meansDamage,
  openError,
  openWriter,
  workError,
  type Connection,
} from '../sqlite/connection.ts'
import {
  closeQuietly,
  setAside,
  setAsideIfDamaged,
  takeGuard,
  type DamagedFile,
  type Guard,
} from '../sqlite/damage/integrity.ts'
import { beginAnew } from './begin-anew.ts'
import { agentIdOf, migrate, refuseForeign } from '../sqlite/migrate.ts'
import { makePrivateFile } from '../sqlite/private-file.ts'
import { makeShrinkable } from '../sqlite/shrinkable.ts'
import { answerCalls, type Answers, type Opened as Served } from '../thread.ts'
import type { WriterCalls, WriterFindings, WriterSettings } from './calls.ts'
import { DiskRoom } from './room/disk-room.ts'
import { groupCommit } from './group-commit.ts'
import { flowInserter } from './insert-flows.ts'
import { outboxWriter } from './outbox.ts'
import { pruner } from './room/prune.ts'
import { allowlistSaver } from './save-allowlist.ts'
import { answerForgetter, answerSaver, switchSaver } from './save-api-state.ts'
import { blockSaver } from './save-block.ts'
import { eventSaver } from './save-events.ts'
import { evidenceSaver } from './save-evidence.ts'
import { fleetOrderSaver, fleetPositionSaver } from './save-fleet-order.ts'
import { tokenSaver } from './save-token.ts'
import { hiddenCounter, suppressionSaver, verdictSaver } from './save-triage.ts'

/** Damage that comes again at once is that of the disk: the failure is then told, and the file left alone. */
const REPAIR_EVERY_MS = 60_000

interface Opened {
  readonly settings: WriterSettings
  readonly connection: Connection
  readonly guard: Guard | null
  readonly findings: WriterFindings
  readonly room: DiskRoom
}

function open(settings: WriterSettings): Opened {
  const { path, nowMs } = settings
  try {
    const guard = takeGuard(path)
    const damaged = guard === null ? null : setAsideIfDamaged(path, nowMs)
    return opened(settings, { guard, damaged, generation: 0 })
  } catch (cause) {
    throw openError(path, cause)
  }
}

interface Found {
  readonly guard: Guard | null
  readonly damaged: DamagedFile | null
  readonly generation: number
  readonly agentId?: string
}

function opened(settings: WriterSettings, found: Found): Opened {
  const { path, nowMs, floorBytes } = settings
  const { guard, damaged, generation, agentId } = found
  // SQLite itself would make it for everybody to read, and root's for root; `-wal` and `-shm` get its mode and owner.
  makePrivateFile(path)
  const connection = openWriter(path)
  refuseForeign(connection, path)
  migrate(connection, nowMs)
  makeShrinkable(connection)
  const anew = { nowMs, floorBytes, ...(agentId === undefined ? {} : { agentId }) }
  const told = damaged === null ? [] : [beginAnew(connection, damaged, anew)]
  const room = new DiskRoom(connection, floorBytes)
  return { settings, connection, guard, findings: { generation, told }, room }
}

/** Sets the file aside while the agent runs, and goes on with a new one that has what can be read of it. */
function repair({ settings, connection, guard, findings }: Opened, cause: unknown): Opened {
  const { path } = settings
  const nowMs = Date.now()
  const agentId = agentIdOf(connection)
  closeQuietly(connection)
  const reason = cause instanceof Error ? cause.message : String(cause)
  const damaged = setAside(path, reason, nowMs)
  const generation = findings.generation + 1
  return opened(
    { ...settings, nowMs },
    { guard, damaged, generation, ...(agentId === null ? {} : { agentId }) },
  )
}

/** Makes an answer that is tried again without the ballast when the disk is full. */
const surely =
  (room: DiskRoom) =>
  <Input, Output>(answer: (input: Input) => Output) =>
  (input: Input): Output =>
    room.withLastRoom(() => answer(input))

/** `sure` wraps what must succeed even on a full disk. */
function answersOf(
  { connection, guard, room, findings }: Opened,
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
    tend: () => room.tend(),
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

function served(opened: Opened, repairedAtMs = -Infinity): Served<WriterCalls, WriterFindings> {
  // Within a group a full disk is no call's own affair: the group is given up, and each tried by itself.
  const grouped = answersOf(opened, (answer) => answer)
  return {
    answers: answersOf(opened, surely(opened.room)),
    findings: opened.findings,
    together: groupCommit(opened.connection, grouped),
    repair(cause) {
      // Only who holds the guard may judge the file.
      const mayRepair = opened.guard !== null && performance.now() - repairedAtMs > REPAIR_EVERY_MS
      if (!mayRepair || !meansDamage(cause)) return null
      return served(repair(opened, cause), performance.now())
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
