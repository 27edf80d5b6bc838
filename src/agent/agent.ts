/** The whole agent, wired: sensors → intake → record → forwarders and blocker, and the API over it all. */
import { join } from 'node:path'
import type { ApiListener } from '../api/index.ts'
import { captureInterfaces } from '../capture/index.ts'
import {
  createAgentBlocker,
  createAgentForwarders,
  createIntake,
  startFeeds,
  startHostWatch,
  type Ground,
} from './parts.ts'
import { serveAgentApi } from './api.ts'
import { agentAudit, auditRun, openAuditedRecord } from './audit.ts'
import { startFleet } from './fleet.ts'
import { agentHealth, type Health } from './health.ts'
import { provenAlive } from './process/liveness.ts'
import type { Config } from '../config/index.ts'
import { systemClock } from '../core/clock.ts'
import type { Log } from '../core/log/log.ts'
import { createMetrics } from '../core/log/metrics.ts'
import { Pulse } from '../core/process/pulse.ts'
import type { DetectionIntake } from './tellings/detection-intake.ts'
import type { Forwarders } from '../forward/index.ts'
import { recordDamaged, WHOLE_HOST } from '../health/index.ts'
import type { Blocker } from '../respond/index.ts'
import { startReportingOwners } from './owner-reports.ts'
import { ResponseTellings } from './tellings/response-tellings.ts'
import { SelfTest, type SelfTestRun } from '../selftest/index.ts'
import { RuleWatch } from './rule-watch.ts'
import type { SupervisedSensor } from '../sensor/supervisor.ts'
import { Suppressor } from './tellings/suppressor.ts'
import { WatchedSensors } from './watched-sensors.ts'

export interface Agent {
  /** Where the API is served: `http://127.0.0.1:8460`; null when it is served on the socket alone. */
  readonly apiUrl: string | null
  /** SHA-256 fingerprint of the API's certificate; null without TLS. */
  readonly apiFingerprint: string | null
  readonly socketPath: string
  readonly databasePath: string
  readonly sensors: readonly SupervisedSensor[]
  /** Audits a new configuration that was refused. */
  configRefused(reason: string): Promise<void>
  /** What does not do its work, in words. */
  problems(): readonly string[]
  /** Resolves once every part that must move has; rejects with what is dead. */
  provenAlive(): Promise<void>
  /** Ends the parts in the order of the data's way, everything written. */
  stop(): Promise<void>
}

export interface AgentOptions {
  readonly config: Config
  /** The data folder. */
  readonly directory: string
  readonly log: Log
}

/** How each part that was started is stopped; the last started goes first. */
type Stops = (() => Promise<void>)[]

const clock = systemClock

/**
 * Starts every part, the record first and the sensors last.
 *
 * Errors: `PicketError` when a part without which the agent is no use cannot start (the record, the API's
 * address, an unknown interface); what was started by then is stopped again. A sensor or a firewall that
 * does not work degrades the agent: it runs, says so in `/v1/health`, and tries again.
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { config, directory } = options
  const interfaces = captureInterfaces(config.capture.interfaces)
  const socketPath = join(directory, 'picket.sock')
  const stops: Stops = []
  const stop = async (): Promise<void> => {
    for (const stopPart of stops.splice(0).reverse()) await stopPart()
  }
  try {
    return { ...(await startParts(options, interfaces, stops)), socketPath, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startParts(
  options: AgentOptions,
  interfaces: readonly string[],
  stops: Stops,
): Promise<Omit<Agent, 'socketPath' | 'stop'>> {
  const startedAtMs = clock.nowMs()
  const record = await openAuditedRecord(options, interfaces)
  stops.push(() => auditRun(record, 'agent.stopped').finally(() => record.close()))
  const ground = { ...options, record, metrics: createMetrics(), recorded: new Pulse() }
  const audit = agentAudit(record, options.log)

  const sensors: SupervisedSensor[] = []
  const responding = await startIntake({ ...ground, sensors }, startedAtMs, stops)
  const { blocker, forwarders, intake } = responding

  const fleet = startFleet(ground, blocker, (detection) => intake.receive([detection], WHOLE_HOST))
  stops.push(async () => fleet?.stop())

  const owners = await startReportingOwners({ ...ground, clock })
  stops.push(() => owners.stop())

  const host = startHostWatch(ground, intake, sensors)
  stops.push(async () => host.stop())
  const rules = new RuleWatch({ ...ground, sensors })
  stops.push(() => rules.stop())

  const feeds = await startFeeds(ground, sensors, audit)
  stops.push(() => feeds.stop())

  const parts = { ...responding, sinks: forwarders, fleet, feeds, rules, sensors, owners }
  const health = agentHealth({ ...ground, ...parts, host, startedAtMs })
  const api = await serveAgentApi(ground, { ...parts, health })
  stops.push(() => api.close())

  const watched = new WatchedSensors(interfaces, sensors, { ...ground, ...parts, clock, audit })
  stops.push(() => watched.stop())
  return runningAgent(ground, { api, sensors, health })
}

function runningAgent(
  ground: Ground,
  { api, sensors, health }: RunningParts,
): Omit<Agent, 'socketPath' | 'stop'> {
  return {
    ...{ apiUrl: api.url, apiFingerprint: api.fingerprint, databasePath: ground.record.path },
    sensors,
    problems: () => health().problems ?? [],
    configRefused: (reason) => auditRun(ground.record, 'config.refused', { reason }),
    provenAlive: () => provenAlive({ ...ground, sensors }),
  }
}

interface RunningParts {
  readonly api: ApiListener
  readonly sensors: readonly SupervisedSensor[]
  readonly health: () => Health
}

/** Starts what detections lead to: blocks, and what the SIEM is told. */
async function startIntake(
  ground: Ground & { readonly sensors: readonly SupervisedSensor[] },
  startedAtMs: number,
  stops: Stops,
): Promise<{
  blocker: Blocker
  forwarders: Forwarders
  suppressor: Suppressor
  intake: DetectionIntake
  selfTest: SelfTestRun
}> {
  const tellings = new ResponseTellings(clock)
  const blocker = createAgentBlocker(ground, (repaired) => tellings.firewallRepaired(repaired))
  await blocker.start()
  stops.push(() => blocker.stop())

  // What a sink missed is an event like any other.
  const forwarders = createAgentForwarders(ground, startedAtMs, (detection, place) =>
    intake.receive([detection], place),
  )
  stops.push(() => forwarders.stop())

  const suppressor = new Suppressor({ ...ground, triage: ground.record.triage, clock })
  stops.push(() => suppressor.stop())

  const { events } = ground.record
  const selfTest = new SelfTest({ ...ground, events, sinks: forwarders, blocker, clock })
  const parts = { suppressor, blocker, forwarders, tellings, selfTest }
  const intake = createIntake(ground, parts)
  tellings.tellTo((detection) => intake.receive([detection], WHOLE_HOST))
  stops.push(() => intake.close())
  const found = ground.record.startFindings.map((one) => recordDamaged(one, clock.nowMs()))
  intake.receive(found, WHOLE_HOST)
  ground.record.onFinding((one) => intake.receive([recordDamaged(one, clock.nowMs())], WHOLE_HOST))
  return { blocker, forwarders, suppressor, intake, selfTest: (ms) => selfTest.run(ms) }
}
