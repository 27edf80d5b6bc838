/** How the agent is, gathered from its parts when somebody asks. */
import { counted } from '../core/text/amount.ts'
import type { components } from '../../openapi/contract.d.ts'
import type { Config } from '../config/index.ts'
import { rfc3339FromUs } from '../core/clock.ts'
import { fleetHealth, fleetProblem } from './fleet.ts'
import { VERSION } from '../core/files/package-root.ts'
import type { FleetMember } from '../fleet/index.ts'
import type { Forwarders } from '../forward/index.ts'
import { isInterfaceDown, type HostReading } from '../health/index.ts'
import type { Owners } from '../owner/index.ts'
import { ownerHealth, ownerProblem } from './owner-reports.ts'
import { SHED_LEVELS, type RecordRoom } from '../record/record-room.ts'
import type { EventRecord } from '../record/record.ts'
import type { Blocker } from '../respond/index.ts'
import type { DetectionIntake } from './tellings/detection-intake.ts'
import type { SensorReport } from '../sensor/messages.ts'
import type { SupervisedSensor } from '../sensor/supervisor.ts'

export type Health = components['schemas']['Health']
type Shedding = components['schemas']['Shedding']

export interface HealthSources {
  readonly record: EventRecord
  readonly sensors: readonly SupervisedSensor[]
  readonly forwarders: Forwarders
  readonly blocker: Blocker
  readonly intake: Pick<DetectionIntake, 'unwritten'>
  readonly owners: Owners
  /** Null where the host belongs to no fleet. */
  readonly fleet: Pick<FleetMember, 'status'> | null
  readonly startedAtMs: number
  readonly config: Pick<Config, 'capture'>
  /** Holds the last reading of the host. */
  readonly host: { readonly reading: HostReading | null }
}

const NO_INTERFACE = 'nothing is captured: no interface but loopback is up'

/** Makes the function that looks at every part and says how it is. */
export function agentHealth(sources: HealthSources): () => Health {
  return () => {
    const { record, sensors, forwarders, blocker, startedAtMs } = sources
    const firewall = blocker.status()
    const wantsCapture = sources.config.capture.interfaces.length > 0
    const host = sources.host.reading
    const fleet = sources.fleet?.status() ?? null
    const problems = [
      ...(wantsCapture && sensors.length === 0 ? [NO_INTERFACE] : []),
      ...sensors.flatMap(sensorProblem),
      ...sensors.flatMap(modelProblem),
      ...forwarders.health().flatMap(sinkProblem),
      ...(firewall.problem === null ? [] : [`firewall ${firewall.name}: ${firewall.problem}`]),
      ...ownerProblem(sources.owners),
      ...fleetProblem(fleet),
      ...unwrittenProblem(sources.intake),
      ...roomProblem(record.room()),
      ...(record.flows.dropped() === 0
        ? []
        : [`${counted(record.flows.dropped(), 'flow was', 'flows were')} not written`]),
    ]
    return {
      status: problems.length === 0 ? 'ok' : 'degraded',
      version: VERSION,
      agent: record.agentId,
      startedAt: rfc3339FromUs(startedAtMs * 1000),
      problems,
      sensors: sensors.map(sensorHealth),
      models: sensors.flatMap(modelHealth),
      sinks: [...forwarders.health()],
      record: recordHealth(record),
      firewall: {
        name: firewall.name,
        usable: firewall.usable,
        activeBlocks: firewall.activeBlocks,
      },
      owners: ownerHealth(sources.owners),
      ...(fleet === null ? {} : { fleet: fleetHealth(fleet) }),
      ...(host === null ? {} : { host }),
    }
  }
}

function recordHealth({ path, events, flows }: EventRecord): NonNullable<Health['record']> {
  return { path, lastSequence: events.lastSequence(), droppedFlows: flows.dropped() }
}

function roomProblem(room: RecordRoom | null): string[] {
  if (room === null || room.shed === 'nothing') return []
  const left = SHED_LEVELS.slice(1, SHED_LEVELS.indexOf(room.shed) + 1).join(', ')
  const free = Math.floor(room.freeBytes / 1024 / 1024)
  return [`the disk of the record is nearly full (${free} MB free): not written are ${left}`]
}

function unwrittenProblem({ unwritten }: HealthSources['intake']): string[] {
  if (unwritten === null) return []
  return [
    `the record takes no events, and ${counted(unwritten.events, 'waits', 'wait')}: ${unwritten.reason}`,
  ]
}

function sensorHealth(sensor: SupervisedSensor): NonNullable<Health['sensors']>[number] {
  const report = sensor.report
  return {
    interface: sensor.interfaceName,
    state: sensor.state,
    driver: sensor.source,
    frames: report?.frames ?? 0,
    kernelDrops: report?.kernelDrops ?? null,
    liveFlows: report?.liveFlows ?? 0,
    maxFlows: report?.maxFlows ?? null,
    restarts: sensor.restarts,
    shedding: report ? sheddingHealth(report) : null,
  }
}

/** Null while everything is done that there is to do. */
function sheddingHealth({ load, skipped }: SensorReport): Shedding | null {
  const { level, sinceMs, why } = load
  if (level === 'none' || sinceMs === null || why === null) return null
  return { level, since: rfc3339FromUs(sinceMs * 1000), why, skipped: { ...skipped } }
}

function modelHealth(sensor: SupervisedSensor): NonNullable<Health['models']> {
  const report = sensor.report
  const place = { interface: sensor.interfaceName }
  const forest = report?.hasRandomForest ? 'scoring' : 'off'
  return [
    { name: 'isolation-forest', state: 'off', progress: 0, ...report?.learning, ...place },
    { name: 'random-forest', state: forest, progress: 1, ...place },
  ]
}

function sensorProblem({ state, interfaceName, lastFailure, report }: SupervisedSensor): string[] {
  const prefix = `no capture on ${interfaceName}`
  if (state === 'failed') return [`${prefix}: ${lastFailure ?? 'the sensor failed'}`]
  const { level, why } = report?.load ?? { level: 'none', why: null }
  return [
    ...(isInterfaceDown(interfaceName) ? [`${prefix}: the interface is down`] : []),
    ...(level === 'none' ? [] : [`load is shed on ${interfaceName} down to ${level}: ${why}`]),
  ]
}

function modelProblem({ interfaceName, report }: SupervisedSensor): string[] {
  const held = report?.learning.held ?? null
  return held === null ? [] : [`the isolation forest of ${interfaceName} is held: ${held}`]
}

function sinkProblem(sink: NonNullable<Health['sinks']>[number]): string[] {
  return sink.state === 'waiting' && sink.lastError !== null
    ? [`sink ${sink.name}: ${sink.lastError}`]
    : []
}
