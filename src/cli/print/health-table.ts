/** How a running agent fares, part by part, as rows of a table. */
import type { components } from '../../../openapi/contract.d.ts'
import { usFromRfc3339 } from '../../core/clock.ts'
import { counted, grouped, percentWords, sizeWords } from '../../core/text/amount.ts'
import { spanOf } from '../../core/text/span.ts'
import { clockTime } from './output.ts'

export type Health = components['schemas']['Health']
type Of<Name extends keyof Health> = NonNullable<Health[Name]>

export interface HealthRow {
  readonly part: string
  readonly state: string
  readonly detail: string
}

/** Gives a row for each part that the answer tells of; `nowMs` is the time now, in ms since the epoch. */
export function healthRows(health: Health, nowMs: number): readonly HealthRow[] {
  const { record, firewall, owners, fleet, host } = health
  return [
    agentRow(health, nowMs),
    ...(health.sensors ?? []).map(sensorRow),
    ...(health.models ?? []).map(modelRow),
    ...(owners === undefined ? [] : [ownerRow(owners)]),
    ...(record === undefined ? [] : [recordRow(record)]),
    ...(health.sinks ?? []).map(sinkRow),
    ...(firewall === undefined ? [] : [firewallRow(firewall)]),
    ...(fleet === undefined ? [] : [fleetRow(fleet)]),
    ...(host === undefined ? [] : [hostRow(host)]),
  ]
}

function agentRow({ status, version, startedAt }: Health, nowMs: number): HealthRow {
  const since =
    startedAt === undefined
      ? ''
      : `, runs since ${clockTime(startedAt)} UTC (${spanOf(nowMs * 1000 - usFromRfc3339(startedAt))})`
  return { part: 'agent', state: status, detail: `version ${version}${since}` }
}

function sensorRow(sensor: Of<'sensors'>[number]): HealthRow {
  const { frames, kernelDrops, liveFlows, restarts, shedding } = sensor
  const details = [
    counted(frames, 'packet'),
    kernelDrops === null ? 'drops unknown' : `${grouped(kernelDrops)} dropped by the kernel`,
    `${counted(liveFlows, 'flow')} alive`,
    ...(restarts > 0 ? [`restarted ${counted(restarts, 'time')}`] : []),
    ...(shedding !== null && shedding.level !== 'none'
      ? [`sheds down to ${shedding.level}: ${shedding.why}`]
      : []),
  ]
  return { part: `capture ${sensor.interface}`, state: sensor.state, detail: details.join(', ') }
}

function modelRow(model: Of<'models'>[number]): HealthRow {
  const { name, state, progress, version, held } = model
  const details = [
    ...(state === 'learning' ? [`${Math.floor(progress * 100)} % of the warm-up`] : []),
    ...(typeof version === 'number' ? [`version ${version}`] : []),
    ...(typeof held === 'string' ? [`a newer one was held back: ${held}`] : []),
  ]
  return { part: `${name} ${model.interface}`, state, detail: details.join(', ') }
}

/** The surest source that works names the state; why others do not comes behind it. */
function ownerRow({ enabled, sources }: Of<'owners'>): HealthRow {
  const inForce = sources.filter((source) => source.inForce)
  const problems = sources.flatMap(({ name, problem }) =>
    problem === null ? [] : [`${name}: ${problem}`],
  )
  const state = !enabled ? 'off' : inForce.length === 0 ? 'blind' : 'running'
  const by = inForce.map(({ name }) => name).join(' and ')
  const detail = [...(by === '' ? [] : [`by ${by}`]), ...problems].join('; ')
  return { part: 'processes', state, detail: enabled ? detail : '' }
}

function recordRow({ path, lastSequence, droppedFlows }: Of<'record'>): HealthRow {
  const dropped = droppedFlows > 0 ? `, ${counted(droppedFlows, 'flow')} not recorded` : ''
  const state = droppedFlows > 0 ? 'sheds' : 'running'
  return {
    part: 'record',
    state,
    detail: `${path}, event state ${grouped(lastSequence)}${dropped}`,
  }
}

function sinkRow({ name, type, state, backlog, lost, lastError }: Of<'sinks'>[number]): HealthRow {
  const details = [
    type,
    `${grouped(backlog)} to send`,
    ...(lost > 0 ? [`${grouped(lost)} deleted before they were sent`] : []),
    ...(lastError === null ? [] : [lastError]),
  ]
  return { part: `sink ${name}`, state, detail: details.join(', ') }
}

function firewallRow({ name, usable, activeBlocks }: Of<'firewall'>): HealthRow {
  const detail = `${name}, ${counted(activeBlocks, 'block')} in force`
  return { part: 'firewall', state: usable ? 'usable' : 'unusable', detail }
}

function fleetRow({ name, server, state, orders, lastError }: Of<'fleet'>): HealthRow {
  const error = lastError === null ? '' : `, ${lastError}`
  const detail = `${name} at ${server}, ${counted(orders.applied, 'order')} applied, ${grouped(orders.refused)} refused${error}`
  return { part: 'fleet', state, detail }
}

function hostRow({ cpuShare, load, memory, disk }: Of<'host'>): HealthRow {
  const cpu = cpuShare === null ? [] : [`CPU ${percentWords(cpuShare)}`]
  const details = [
    ...cpu,
    `load ${load[0]}`,
    `memory ${sizeWords(memory.availableBytes)} of ${sizeWords(memory.totalBytes)} available`,
    ...(disk === null
      ? []
      : [`disk ${sizeWords(disk.freeBytes)} of ${sizeWords(disk.totalBytes)} free`]),
  ]
  return { part: 'host', state: '', detail: details.join(', ') }
}
