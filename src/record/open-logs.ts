/** The logs of the record: for each kind of thing it keeps, how that is read beside the writer and how written by it. */
import type { Clock } from '../core/clock.ts'
import { addressOfOrder } from '../core/order-origin.ts'
import type { AuditEntry } from './logs/audit-trail.ts'
import type { FleetOrders } from './logs/fleet-orders.ts'
import type { EventRecord } from './record.ts'
import { allowlistReader } from './read/response/allowlist.ts'
import { answerReader, switchReader } from './read/api-state.ts'
import type { Outbox, SinkBook } from './logs/outbox.ts'
import { blockReader } from './read/response/blocks.ts'
import { eventReader } from './read/events/events.ts'
import { evidenceReader } from './read/events/evidence.ts'
import { fleetOrderReader } from './read/response/fleet-orders.ts'
import { flowOutboxReader } from './read/flows/flow-outbox.ts'
import { outboxReader } from './read/outbox.ts'
import type { Reader } from './read/reader.ts'
import { logScan } from './read/scan.ts'
import { tokenReader } from './read/tokens.ts'
import { triageReader } from './read/events/triage.ts'
import type { TriageLog } from './logs/triage-log.ts'
import { auditHead } from './sqlite/audit-chain.ts'
import type { LiveConnection } from './sqlite/live-connection.ts'
import type { Book } from './write/calls.ts'
import type { Writer } from './write/writer.ts'

/** What needs a connection alone. */
type LogName = Exclude<
  keyof EventRecord,
  'path' | 'room' | 'startFindings' | 'ping' | 'onFinding' | 'flows' | 'close'
>

export interface Doors {
  readonly connection: LiveConnection
  readonly reader: Reader
  readonly writer: Pick<Writer, 'call'>
  readonly clock: Clock
}

/** What is left unwritten on a disk that is nearly full is counted here. */
function eventLogs(doors: Doors): Pick<EventRecord, 'shed' | 'events' | 'evidence'> {
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

/** Everything of the record but what opens, closes and queues it: what is read by a connection, and written by the writer. */
export function openLogs(doors: Doors): Pick<EventRecord, LogName> {
  const { connection, reader, writer, clock } = doors
  const now = (): { readonly atMs: number } => ({ atMs: clock.nowMs() })
  return {
    ...eventLogs(doors),
    ...outboxLogs(doors),
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
    fleetOrders: fleetLog(connection, writer, now),
    triage: triageLog({ connection, reader, writer }, now),
    ...apiLogs({ connection, writer, clock }),
  }
}

/** What the API keeps for itself. */
function apiLogs({
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

function outboxLogs(doors: Doors): Pick<EventRecord, 'outbox' | 'flowOutbox'> {
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

function fleetLog(
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

function triageLog(
  { connection, reader, writer }: Pick<Doors, 'connection' | 'reader' | 'writer'>,
  now: () => { readonly atMs: number },
): TriageLog {
  return {
    ...triageReader(connection),
    incidents: (query) => reader.listIncidents(query),
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
