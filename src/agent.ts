/** The whole agent, wired: sensors → intake → record → forwarders and blocker, and the API over it all. */
import { join } from 'node:path'
import { createApi, listen, somebodyAnswers } from './api/index.ts'
import { captureInterfaces } from './capture/index.ts'
import type { Config } from './config/index.ts'
import { systemClock } from './core/clock.ts'
import { PicketError } from './core/errors.ts'
import type { Log } from './core/log.ts'
import { createMetrics } from './core/metrics.ts'
import { VERSION } from './core/package-root.ts'
import { BlockBudget, EventFolder, policyFromConfig } from './decide/index.ts'
import { loadStoredModels, storeModel } from './detect/models/index.ts'
import { DetectionIntake } from './detection-intake.ts'
import { createForwarders } from './forward/index.ts'
import { agentHealth } from './health.ts'
import { captureDropDetection, sensorFailureDetection } from './health-detections.ts'
import { openRecord } from './record/index.ts'
import { createBlocker, createFirewall, createGuardFacts } from './respond/index.ts'
import { countSensorReport } from './sensor-metrics.ts'
import { superviseSensor, type SupervisedSensor } from './sensor-supervisor.ts'

export interface Agent {
  /** Where the API is served: `http://127.0.0.1:8460`; null when it is served on the socket alone. */
  readonly apiUrl: string | null
  readonly socketPath: string
  readonly databasePath: string
  readonly sensors: readonly SupervisedSensor[]
  /** Health in brief: what does not do its work. */
  problems(): readonly string[]
  /** Ends in the order of the data's way, everything written. */
  stop(): Promise<void>
}

export interface AgentOptions {
  readonly config: Config
  /** The data folder. */
  readonly directory: string
  readonly log: Log
}

/**
 * Starts every part, the record first and the sensors last.
 *
 * Errors: `PicketError` when a part without which the agent is no use cannot start (the record, the API's
 * address, an unknown interface); what was started by then is stopped again. A sensor or a firewall that
 * does not work degrades the agent: it runs, says so in `/v1/health`, and tries again.
 */
export async function startAgent({ config, directory, log }: AgentOptions): Promise<Agent> {
  const clock = systemClock
  const startedAtMs = clock.nowMs()
  const socketPath = join(directory, 'picket.sock')
  const stops: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const stopPart of stops.splice(0).reverse()) await stopPart()
  }

  if (await somebodyAnswers(socketPath)) {
    throw new PicketError('ERR_RECORD_LOCKED', `another agent runs on ${directory}`, {
      hint: 'stop it first, or choose another folder with --data-dir',
    })
  }
  try {
    const interfaces = captureInterfaces(config.capture.interfaces)
    const metrics = createMetrics()
    const record = await openRecord({ directory, clock, log, config: config.record, mode: 'write' })
    stops.push(() => record.close())
    stops.push(() => record.audit.append(audit('agent.stopped', {})))
    await record.audit.append(audit('agent.started', { version: VERSION, interfaces }))

    const blocker = createBlocker({
      firewall: createFirewall(config.respond),
      blocks: record.blocks,
      guardFacts: createGuardFacts({
        config: config.respond,
        allowlist: config.policy.allowlist,
        sinkHosts: config.forward.sinks.map((sink) => sink.host),
      }),
      clock,
      log,
      config: config.respond,
    })
    await blocker.start()
    stops.push(() => blocker.stop())

    const forwarders = createForwarders({
      config: config.forward,
      record,
      log,
      clock,
      version: VERSION,
      metrics,
    })
    stops.push(() => forwarders.stop())

    const foldFromUs = (startedAtMs - config.policy.foldSeconds * 1000) * 1000
    const intake = new DetectionIntake({
      policy: policyFromConfig(config.policy),
      budget: new BlockBudget(config.policy.maxBlocksPerMinute, clock),
      folder: new EventFolder({
        agentId: record.agentId,
        foldSeconds: config.policy.foldSeconds,
        clock,
        openStories: record.events.storiesSince(foldFromUs),
      }),
      events: record.events,
      clock,
      log,
      async order({ target, ttlSeconds, reason, detector, eventId }) {
        const actor = `policy:${detector}`
        const order = { target, ttlSeconds, reason, eventId, orderedBy: detector, actor }
        await blocker.order({ ...order, source: 'policy', callerAddress: null })
      },
      onRecorded(events) {
        for (const { family } of events) {
          metrics.count('events_total', 'Event states recorded', 1, { family })
        }
        forwarders.wake()
      },
    })
    stops.push(() => intake.close())

    const sensors: SupervisedSensor[] = []
    const health = agentHealth({ record, sensors, forwarders, blocker, startedAtMs, config })
    const api = await listen(
      createApi({ record, blocker, health, metrics, clock, log, config: config.api }),
      { config: config.api, socketPath, log },
    )
    stops.push(() => api.close())

    for (const interfaceName of interfaces) {
      sensors.push(
        superviseSensor(interfaceName, {
          log,
          assignment: () => ({
            interfaceName,
            capture: config.capture,
            flow: config.flow,
            detect: config.detect,
            models: loadStoredModels(
              directory,
              interfaceName,
              log,
              config.detect.randomForest.model,
            ),
            wantsFlows: config.record.flows,
          }),
          onBatch(flows, detections) {
            record.flows.append(flows)
            if (detections.length > 0) intake.receive(detections, interfaceName)
          },
          onReport(report, before) {
            countSensorReport(metrics, interfaceName, report, before)
            const drops = captureDropDetection(interfaceName, report, before, clock.nowMs())
            if (drops) intake.receive([drops], interfaceName)
          },
          onModelLearned(model) {
            storeModel(directory, interfaceName, model, log)
          },
          onFailed(reason, atMs) {
            metrics.count('sensor_restarts_total', 'Sensors that failed', 1, {
              interface: interfaceName,
            })
            intake.receive([sensorFailureDetection(interfaceName, reason, atMs)], interfaceName)
          },
        }),
      )
    }
    stops.push(async () => void (await Promise.all(sensors.map((sensor) => sensor.stop()))))
    return {
      apiUrl: api.url,
      socketPath,
      databasePath: record.path,
      sensors,
      problems: () => health().problems ?? [],
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

const audit = (action: string, details: Readonly<Record<string, unknown>>) => ({
  actor: 'agent',
  action,
  subject: 'agent',
  details,
})
