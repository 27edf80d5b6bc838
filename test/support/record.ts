/** A real record in a folder of its own, and events and flows to put into it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database } from '../../src/record/sqlite/driver.ts'
import { onTestFinished } from 'vitest'
import { rfc3339FromUs, systemClock, type Clock } from '../../src/core/clock.ts'
import { silentLog, type Log } from '../../src/core/log/log.ts'
import { uuidv7 } from '../../src/core/uuid.ts'
import { batchFlows, joinBatches, type FlowBatch } from '../../src/flow/batch/index.ts'
import type { Flow } from '../../src/flow/flow.ts'
import { openRecord } from '../../src/record/index.ts'
import type { Event } from '../../src/record/event.ts'
import type { Story } from '../../src/record/logs/event-log.ts'
import type { EventRecord } from '../../src/record/record.ts'
import { Double } from '../../src/flow/batch/batch-layout.ts'
import { FlowLogWriter } from '../../src/record/write/flows/flow-log-writer.ts'
import { storedNumbers } from '../../src/record/write/flows/flow-numbers.ts'
import { TEN_OCLOCK_US } from './detection/detections.ts'

export const RECORD_DEFAULTS = {
  dir: null,
  flows: true,
  flowsPerStory: 1000,
  maxQueuedFlows: 200_000,
  flowRetentionDays: 14,
  eventRetentionDays: 365,
  maxMegabytes: 10_240,
  minFreeMegabytes: 256,
}

/** Makes a folder that is removed when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pk-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

interface OpenChanges {
  readonly mode?: 'write' | 'read'
  readonly clock?: Clock
  readonly config?: Partial<typeof RECORD_DEFAULTS>
  readonly log?: Log
}

/** Opens the record in `directory`; it is closed when the test is over. */
export async function openedRecord(
  directory: string,
  { mode = 'write', clock = systemClock, config = {}, log = silentLog }: OpenChanges = {},
): Promise<EventRecord> {
  const settings = { ...RECORD_DEFAULTS, ...config }
  const record = await openRecord({ directory, clock, log, config: settings, mode })
  onTestFinished(() => record.close())
  return record
}

/** An event that is valid by the contract, changed where a test cares. */
export function event(changes: Partial<Event> = {}): Event {
  return {
    id: uuidv7(Date.now()),
    sequence: 0,
    revision: 1,
    agent: '019b8d2a-0000-7000-8000-00000000000a',
    interface: 'eth0',
    kind: 'scan.vertical.syn',
    family: 'scan',
    severity: 6,
    confidence: 0.97,
    verdict: 'alert',
    simulated: false,
    decision: 'policy only alerts',
    attacker: '192.0.2.7',
    victims: ['10.0.0.5'],
    host: null,
    domain: null,
    firstSeen: rfc3339FromUs(TEN_OCLOCK_US + 123),
    lastSeen: rfc3339FromUs(TEN_OCLOCK_US + 8_000_123),
    count: 1204,
    summary: '1,204 ports of 10.0.0.5 tried in 8 s',
    reasons: [{ feature: 'distinctPorts60s', value: 1204, baseline: 2, weight: 0.8 }],
    detectors: ['port-scan'],
    mitre: ['T1046'],
    flows: ['1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
    incident: null,
    process: null,
    ...changes,
  }
}

/** A story of one event. */
export function story(changes: Partial<Event> = {}): Story {
  const told = event(changes)
  return { key: `${told.kind} ${told.id}`, event: told }
}

/** Stories whose first sightings are a second apart. */
export function stories(count: number, changes: (index: number) => Partial<Event> = () => ({})) {
  return Array.from({ length: count }, (_, index) =>
    story({ firstSeen: rfc3339FromUs(TEN_OCLOCK_US + index * 1e6), ...changes(index) }),
  )
}

/** A process of this host, changed where a test cares. */
export function owner(changes: Partial<NonNullable<Flow['process']>> = {}) {
  return {
    side: 'responder' as const,
    pid: 812,
    executable: '/usr/sbin/sshd',
    command: 'sshd',
    user: 'root',
    uid: 0,
    unit: 'ssh.service',
    container: null,
    how: 'close' as const,
    confidence: 0.95,
    since: rfc3339FromUs(TEN_OCLOCK_US),
    ...changes,
  }
}

/** A finished flow, changed where a test cares. */
export function flow(changes: Partial<Flow> = {}): Flow {
  return {
    communityId: '1:CwI60096ZvJw6LB3YIdnbu0dbjw=',
    interface: 'eth0',
    ipVersion: 4,
    originator: '192.0.2.7',
    originatorPort: 40000,
    responder: '10.0.0.5',
    responderPort: 443,
    protocol: 6,
    vlan: 0,
    startUs: TEN_OCLOCK_US,
    endUs: TEN_OCLOCK_US + 2_500_000,
    originatorPackets: 5,
    responderPackets: 6,
    originatorBytes: 500,
    responderBytes: 5000,
    originatorPayloadBytes: 300,
    responderPayloadBytes: 4000,
    originatorTcpFlags: 27,
    responderTcpFlags: 27,
    retransmissions: 0,
    handshakeRttUs: 1234,
    connState: 'SF',
    application: 'tls',
    facts: null,
    endReason: 'fin',
    anomalyScore: 0.41,
    attackScore: 0.03,
    process: null,
    ...changes,
  }
}

/** The flows as one batch, in their order. */
export function batchOf(...flows: readonly Flow[]): FlowBatch {
  const batch = batchFlows(flows)
  if (batch === null) throw new Error('a batch needs a flow with readable addresses')
  return batch
}

/** Puts `count` copies of a flow into the log at once, each beginning 1 ms after the one before. */
export function insertFlows(path: string, count: number, changes: Partial<Flow> = {}): void {
  const one = batchOf(flow(changes))
  const database = new Database(path)
  const writer = new FlowLogWriter(database, storedNumbers(database))
  const write = database.transaction((from: number, to: number) => {
    const copies = joinBatches(new Array<FlowBatch>(to - from).fill(one))
    const stride = copies.doubles.length / copies.length
    for (let index = 0; index < copies.length; index += 1) {
      copies.doubles[index * stride + Double.START_US]! += (from + index) * 1000
    }
    writer.append([copies], Math.floor(Date.now() / 1000))
  })
  for (let from = 0; from < count; from += 2000) write(from, Math.min(count, from + 2000))
  database.close()
}
