/** The record: the SQLite file that everything is written to before anything is acted on. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { PicketError } from '../core/errors.ts'
import { addressOfOrder } from '../core/order-origin.ts'
import type { Log } from '../core/log.ts'
import type { AuditEntry } from './audit-trail.ts'
import type { RecordConfig } from './config.ts'
import type { FleetOrders } from './fleet-orders.ts'
import type { EventRecord } from './record.ts'
import { allowlistReader } from './read/allowlist.ts'
import { answerReader, switchReader } from './read/api-state.ts'
import type { Outbox, SinkBook } from './outbox.ts'
import { blockReader } from './read/blocks.ts'
import { eventReader } from './read/events.ts'
import { evidenceReader } from './read/evidence.ts'
import { fleetOrderReader } from './read/fleet-orders.ts'
import { flowOutboxReader } from './read/flow-outbox.ts'
import { outboxReader } from './read/outbox.ts'
import { Reader } from './read/reader.ts'
import { logScan } from './read/scan.ts'
import { tokenReader } from './read/tokens.ts'
import { triageReader } from './read/triage.ts'
import type { TriageLog } from './triage-log.ts'
import { startRetention } from './retention.ts'
import { auditHead } from './sqlite/audit-chain.ts'
import { openError, openReader, type Connection } from './sqlite/connection.ts'
import { LiveConnection } from './sqlite/live-connection.ts'
import { refuseForeign, refuseOlder } from './sqlite/migrate.ts'
import { makePrivateFile } from './sqlite/private-file.ts'
import { FlowQueue } from './write/flow-queue.ts'
import type { Book } from './write/calls.ts'
import { Writer } from './write/writer.ts'

export { oldestFirst } from './read/oldest-first.ts'
export { IncidentBook, type OpenIncident } from './incident-book.ts'
export { EventFolder, type EventFolderOptions, type FoldedEvent } from './event-folder.ts'

export interface RecordOptions {
  /** Made, for its owner alone, when it is not there. */
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  readonly config: RecordConfig
  /** `read` never writes and needs the file to exist; several processes may have it open in either mode. */
  readonly mode?: 'write' | 'read'
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
 * Errors: `ERR_RECORD_OPEN`, `ERR_RECORD_LOCKED`. A damaged file is no error: it is set aside, a new one
 * begun, and `startFindings` tells.
 */
export async function openRecord(options: RecordOptions): Promise<EventRecord> {
  const path = join(options.directory, 'picket.db')
  return options.mode === 'read' ? openToRead(path, options.clock) : openToWrite(path, options)
}

async function openToWrite(path: string, options: RecordOptions): Promise<EventRecord> {
  const { clock, log, config, forwardsFlows: forward = true } = options
  makeFile(path, options.directory)
  const floorBytes = config.minFreeMegabytes * 1024 * 1024
  const writer = await Writer.start({ path, nowMs: clock.nowMs(), floorBytes })
  const { connection, reader, onFinding } = openToReadOn({ path, writer, log })
  const queue = new FlowQueue({ writer, clock, log, forward, capacity: config.maxQueuedFlows })
  const retention = startRetention({ writer, clock, log, config })
  for (const finding of writer.findings) log.warn(finding)
  return {
    ...rooms({ connection, reader, writer, clock }),
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
    ...rooms({ connection, reader, writer: { call: refuse }, clock }),
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

/** What needs a connection alone. */
type Room = Exclude<
  keyof EventRecord,
  'path' | 'room' | 'startFindings' | 'ping' | 'onFinding' | 'flows' | 'close'
>

interface Doors {
  readonly connection: LiveConnection
  readonly reader: Reader
  readonly writer: Pick<Writer, 'call'>
  readonly clock: Clock
}

/** What is left unwritten on a disk that is nearly full is counted here. */
function eventRooms(doors: Doors): Pick<EventRecord, 'shed' | 'events' | 'evidence'> {
  const { connection, reader, writer, clock } = doors
  const shed = { events: 0, evidence: 0 }
  return {
    shed: () => ({ ...shed }),
    events: {
      ...eventReader(connection),
      list: (query) => reader.listEvents(query),
      save: async (stories, { forward }) => {
        if (stories.length === 0) return []
        const states = await writer.call('saveEvents', { stories, forward, atMs: clock.nowMs() })
        const kept = stories.flatMap(({ event }, index) => {
          const state = states[index]
          return state ? [{ ...event, ...state }] : []
        })
        shed.events += stories.length - kept.length
        return kept
      },
    },
    evidence: {
      ...evidenceReader(connection),
      add: async (pieces, maxPackets) => {
        if (pieces.length === 0) return
        shed.evidence += await writer.call('saveEvidence', { pieces, maxPackets })
      },
    },
  }
}

function rooms(doors: Doors): Pick<EventRecord, Room> {
  const { connection, reader, writer, clock } = doors
  const now = (): { readonly atMs: number } => ({ atMs: clock.nowMs() })
  return {
    ...eventRooms(doors),
    ...outboxRooms(doors),
    agentId: connection.prepare('SELECT id FROM agent').pluck().get() as string,
    scan: logScan(connection),
    blocks: {
      ...blockReader(connection),
      save: async (changes) => {
        if (changes.length === 0) return
        const told = changes.map(({ block, audit }) => ({ block, audit: withOrigin(audit) }))
        await writer.call('saveBlocks', { changes: told, ...now() })
      },
    },
    allowlist: {
      ...allowlistReader(connection),
      save: async (entry, audit) => {
        await writer.call('saveAllowlistEntry', { entry, audit: withOrigin(audit), ...now() })
      },
    },
    audit: {
      head: () => auditHead(connection),
      list: (query) => reader.listAudit(query),
      verify: (known) => reader.verifyAudit(known ?? null),
      append: async (entry) => {
        await writer.call('appendAudit', { entry: withOrigin(entry), ...now() })
      },
    },
    fleetOrders: fleetRoom(connection, writer, now),
    triage: triageRoom(connection, writer, now),
    ...apiRooms({ connection, writer, clock }),
  }
}

/** What the API keeps for itself. */
function apiRooms({
  connection,
  writer,
  clock,
}: Omit<Doors, 'reader'>): Pick<EventRecord, 'answers' | 'ruleSwitches' | 'tokens'> {
  const now = (): { readonly atMs: number } => ({ atMs: clock.nowMs() })
  return {
    answers: {
      ...answerReader(connection, clock),
      save: async (answer) => {
        await writer.call('saveAnswer', { answer, ...now() })
      },
      forget: async (caller, keyHash) => {
        await writer.call('forgetAnswer', { caller, keyHash })
      },
    },
    ruleSwitches: {
      ...switchReader(connection),
      save: async (entry, audit) => {
        await writer.call('saveRuleSwitch', { entry, audit: withOrigin(audit), ...now() })
      },
    },
    tokens: {
      ...tokenReader(connection),
      save: async (token, actor) => {
        await writer.call('saveToken', { token, actor, peer: addressOfOrder(), ...now() })
      },
    },
  }
}

function outboxRooms(doors: Doors): Pick<EventRecord, 'outbox' | 'flowOutbox'> {
  const { connection, reader } = doors
  const outbox: Outbox = {
    ...outboxReader(connection),
    ...bookWriter(doors, 'events'),
    count: (from, to) => reader.countStates(from, to),
  }
  return { outbox, flowOutbox: { ...flowOutboxReader(connection), ...bookWriter(doors, 'flows') } }
}

function bookWriter(
  { writer, clock }: Doors,
  book: Book,
): Pick<SinkBook, 'advance' | 'orderReplay' | 'advanceReplay'> {
  const now = (): { readonly atMs: number } => ({ atMs: clock.nowMs() })
  return {
    advance: async (sink, sequence, lastSent = sequence) => {
      await writer.call('advanceSink', { book, sink, sequence, lastSent, ...now() })
    },
    orderReplay: (order, actor) =>
      writer.call('orderReplay', { book, order, actor, peer: addressOfOrder(), ...now() }),
    advanceReplay: async (id, sequence) => {
      await writer.call('advanceReplay', { id, sequence })
    },
  }
}

function fleetRoom(
  connection: LiveConnection,
  writer: Doors['writer'],
  now: () => { readonly atMs: number },
): FleetOrders {
  return {
    ...fleetOrderReader(connection),
    save: async (order, audit) => {
      await writer.call('saveFleetOrder', { order, audit, ...now() })
    },
    advance: async (fleet, position) => {
      await writer.call('advanceFleet', { fleet, position })
    },
  }
}

function triageRoom(
  connection: LiveConnection,
  writer: Doors['writer'],
  now: () => { readonly atMs: number },
): TriageLog {
  return {
    ...triageReader(connection),
    saveVerdict: async (verdict, audit) => {
      await writer.call('saveVerdict', { verdict, audit: withOrigin(audit), ...now() })
    },
    saveSuppression: async (suppression, audit) => {
      await writer.call('saveSuppression', { suppression, audit: withOrigin(audit), ...now() })
    },
    countHidden: async (id, stories) => {
      await writer.call('countHidden', { id, stories, ...now() })
    },
  }
}

/** A row says where the order came from whose doing it is. */
function withOrigin(entry: AuditEntry): AuditEntry {
  return entry.peer === undefined ? { ...entry, peer: addressOfOrder() } : entry
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

/** SQLite gives `-wal` and `-shm` the mode and the owner of the file. */
function makeFile(path: string, directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    makePrivateFile(path)
  } catch (cause) {
    throw openError(path, cause)
  }
}
