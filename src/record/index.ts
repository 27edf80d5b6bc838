/** The record: the SQLite file that everything is written to before anything is acted on. */
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { PicketError } from '../core/errors.ts'
import type { Log } from '../core/log/log.ts'
import type { RecordConfig } from './config.ts'
import type { EventRecord } from './record.ts'
import { newestRecordedMs } from './read/newest.ts'
import { Reader } from './read/reader.ts'
import { startRetention } from './retention/retention.ts'
import { openError, openReader, type Connection } from './sqlite/connection.ts'
import { takeGuard, type Guard } from './sqlite/damage/integrity.ts'
import { LiveConnection } from './sqlite/live-connection.ts'
import { refuseForeign, refuseOlder } from './sqlite/migrate.ts'
import { FlowQueue } from './write/flows/flow-queue.ts'
import { Writer } from './write/writer.ts'
import { openLogs } from './open-logs.ts'

export { SQLITE_PACKAGE } from './sqlite/driver.ts'
export { oldestFirst } from './read/flows/oldest-first.ts'
export { IncidentBook } from './fold/incident-book.ts'
export { EventFolder, type FoldedEvent } from './fold/event-folder.ts'

const WRITABLE_BY_OTHERS = 0o022

export interface RecordOptions {
  /** Made, for its owner alone, when it is not there. */
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  readonly config: RecordConfig
  /** `read` never writes and needs the file to exist; several processes may have it open in either mode. */
  readonly mode?: 'write' | 'read'
  /** Whose record it is: while one process has it open so, the next is refused. */
  readonly isAgent?: boolean
  /** False where the flows are those of a replayed capture: sinks are not sent them. */
  readonly forwardsFlows?: boolean
}

/**
 * Opens `DIRECTORY/picket.db`, making and migrating it as needed.
 *
 * Durability: events, blocks, tokens and audit rows are on disk when their promise resolves, and survive
 * kill -9 and, as far as the disk tells the truth, a power cut. Flows, sink positions and that a block was put in
 * force (`block.enforced`, its order is synced) survive kill -9; a power cut may take back their last moments.
 * Memory: up to `maxQueuedFlows` flows of about 0.2 KB wait for the disk; the writer caches 32 MB.
 * Errors: `ERR_RECORD_OPEN`, `ERR_RECORD_LOCKED` (for an agent too, where there is another). A damaged file is no error: it is set aside, a new one
 * begun, and `startFindings` tells.
 */
export async function openRecord(options: RecordOptions): Promise<EventRecord> {
  const path = join(options.directory, 'picket.db')
  return options.mode === 'read' ? openToRead(path, options.clock) : openToWrite(path, options)
}

async function openToWrite(path: string, options: RecordOptions): Promise<EventRecord> {
  const { clock, log, config, forwardsFlows: forward = true } = options
  makeFolder(path, options.directory)
  warnOfOthers(options)
  const guard = options.isAgent === true ? takeAgentGuard(path, options.directory) : null
  const floorBytes = config.minFreeMegabytes * 1024 * 1024
  const settings = { path, nowMs: clock.nowMs(), floorBytes }
  const writer = await Writer.start(settings).catch((cause: unknown) => {
    guard?.release()
    throw cause
  })
  const { connection, reader, onFinding } = openToReadOn({ path, writer, log })
  const queue = new FlowQueue({ writer, clock, log, forward, capacity: config.maxQueuedFlows })
  const writtenMs = newestRecordedMs(connection)
  const retention = startRetention({ writer, clock, log, config, writtenMs })
  for (const finding of writer.findings) log.warn(finding)
  return {
    ...openLogs({ connection, reader, writer, clock }),
    path,
    room: () => retention.room,
    startFindings: writer.findings,
    ping: async () => {
      await writer.call('ping', null)
    },
    onFinding,
    flows: {
      append: (batch) => {
        if (config.flows) queue.append(batch)
      },
      dropped: () => queue.dropped,
      flush: () => queue.flush(),
      list: (query) => reader.listFlows(query),
      sums: (query) => reader.sumFlows(query),
    },
    close: async () => {
      await retention.stop()
      await queue.flush()
      // The readers first: the last connection to go folds the WAL into the file, and they cannot.
      await reader.close()
      connection.close()
      await writer.close()
      guard?.release()
    },
  }
}

function openToRead(path: string, clock: Clock): EventRecord {
  const connection = new LiveConnection(
    () => openToQuery(path),
    () => undefined,
  )
  const reader = new Reader({ path })
  const refuse = (): Promise<never> =>
    Promise.reject(new PicketError('ERR_RECORD_WRITE', `${path} was opened for reading only`))
  return {
    ...openLogs({ connection, reader, writer: { call: refuse }, clock }),
    path,
    room: () => null,
    startFindings: [],
    ping: refuse,
    onFinding: () => undefined,
    flows: {
      append: () => undefined,
      dropped: () => 0,
      flush: () => Promise.resolve(),
      list: (query) => reader.listFlows(query),
      sums: (query) => reader.sumFlows(query),
    },
    close: async () => {
      await reader.close()
      connection.close()
    },
  }
}

/** What reads beside the writer, and goes on with the new file when it sets a damaged one aside. */
function openToReadOn({ path, writer, log }: { path: string; writer: Writer; log: Log }) {
  let generation = 0
  let tell: (finding: string) => void = () => undefined
  const onDamage = ({ message: damage }: { readonly message: string }): void => {
    writer.call('mend', { generation, damage }).catch((cause: unknown) => {
      log.error('the log is damaged, and was not set aside', { reason: String(cause) })
    })
  }
  const connection = new LiveConnection(
    () => openToQuery(path),
    (cause) => onDamage(cause as Error),
  )
  const reader = new Reader({ path, onDamage })
  writer.onBegunAnew((findings) => {
    generation = findings.generation
    connection.reopen()
    reader.restart()
    for (const finding of findings.told) {
      log.error(finding)
      tell(finding)
    }
  })
  const onFinding = (listener: typeof tell): void => void (tell = listener)
  return { connection, reader, onFinding }
}

function openToQuery(path: string): Connection {
  let connection: Connection | undefined
  try {
    connection = openReader(path)
    refuseForeign(connection, path)
    refuseOlder(connection, path)
    return connection
  } catch (cause) {
    connection?.close()
    throw openError(path, cause)
  }
}

function warnOfOthers({ directory, log }: RecordOptions): void {
  if ((statSync(directory).mode & WRITABLE_BY_OTHERS) === 0) return
  const cure = 'chmod go-w'
  log.warn('others than its owner may write to the data folder, and so take the log away', {
    folder: directory,
    cure,
  })
}

/** Two agents would each undo what the other put in force. */
function takeAgentGuard(path: string, directory: string): Guard {
  let guard: Guard | null
  try {
    guard = takeGuard(join(directory, 'agent'))
  } catch (cause) {
    throw openError(path, cause)
  }
  if (guard !== null) return guard
  throw new PicketError('ERR_RECORD_LOCKED', `another agent runs on ${directory}`, {
    hint: 'stop it first, or choose another folder with --data-dir',
  })
}

function makeFolder(path: string, directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw openError(path, cause)
  }
}
