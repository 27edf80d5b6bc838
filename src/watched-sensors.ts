/** The agent's sensors, wired: what they see goes to the intake, and so does what they could not see. */
import type { Config } from './config/index.ts'
import type { Clock } from './core/clock.ts'
import type { Log } from './core/log.ts'
import type { Metrics } from './core/metrics.ts'
import type { Feeds } from './detect/intel/index.ts'
import { loadStoredModels, storeModel } from './detect/models/index.ts'
import type { DetectionIntake } from './detection-intake.ts'
import {
  BlindSpells,
  isInterfaceDown,
  isInterfaceGone,
  SensorBlindness,
  UNWRITTEN,
  WHOLE_HOST,
} from './health/index.ts'
import type { Owners } from './owner/index.ts'
import { heapOptions } from './pressure/index.ts'
import type { FlowLog } from './record/flow-log.ts'
import { gaugeOwners, withPrograms } from './owner-reports.ts'
import type { RuleWatch } from './rule-watch.ts'
import { countSensorReport } from './sensor-metrics.ts'
import { SupervisedSensor } from './sensor-supervisor.ts'

export interface SensorGround {
  readonly config: Config
  /** The data folder. */
  readonly directory: string
  readonly log: Log
  readonly clock: Clock
  readonly metrics: Metrics
  readonly flows: FlowLog
  readonly intake: DetectionIntake
  readonly owners: Owners
  readonly feeds: Feeds
  readonly rules: RuleWatch
}

/** Sensors that run until they are stopped, each with what tells of its blindness. */
export interface WatchedSensors {
  readonly sensors: readonly SupervisedSensor[]
  /** Resolves when all they had seen, and could not see, is with the intake. */
  stop(): Promise<void>
}

/** Starts a sensor for each interface. */
export function startSensors(interfaces: readonly string[], ground: SensorGround): WatchedSensors {
  const flowGaps = new FlowGaps(ground)
  const started = interfaces.map((name) => startSensor(name, ground, flowGaps))
  return {
    sensors: started.map(({ sensor }) => sensor),
    async stop() {
      await Promise.all(started.map((sensor) => sensor.stop()))
      flowGaps.end()
    },
  }
}

/** `flowGaps` is shared by all sensors. */
function startSensor(
  interfaceName: string,
  ground: SensorGround,
  flowGaps: FlowGaps,
): { readonly sensor: SupervisedSensor; stop(): Promise<void> } {
  const { directory, log, clock, metrics, flows, intake, owners, feeds } = ground
  const { capture, flow, detect, evidence, sensor: ceilings, record, policy } = ground.config
  const blindness = new SensorBlindness(interfaceName, policy.foldSeconds * 1000, clock)
  const sensor = new SupervisedSensor(interfaceName, {
    log,
    nodeOptions: heapOptions(ceilings),
    assignment() {
      const models = loadStoredModels(directory, interfaceName, log, detect.randomForest.model)
      const { flows: wantsFlows, flowsPerStory } = record
      const indicators = feeds.isEmpty ? null : feeds.tables
      const known = { models, indicators, rules: ground.rules.texts }
      const sigma = { ...detect.sigma, disabled: [...ground.rules.disabled] }
      const told = { interfaceName, capture, flow, evidence, wantsFlows, flowsPerStory }
      return { ...told, ...known, detect: { ...detect, sigma }, sensor: ceilings }
    },
    onBatch(batch, detections) {
      if (batch !== null) flows.append(owners.annotate(batch))
      if (detections.length > 0) intake.receive(withPrograms(detections, owners), interfaceName)
    },
    onReport(report, before) {
      countSensorReport(metrics, interfaceName, report, before)
      const missed = blindness.report(report, before)
      const link = blindness.link(isInterfaceDown(interfaceName))
      intake.receive([...missed, ...link], interfaceName)
      flowGaps.look()
      gaugeOwners(metrics, owners)
    },
    onModelLearned: (model) => storeModel(directory, interfaceName, model, log),
    onRunning: () => intake.receive(blindness.running(), interfaceName),
    onFailed(reason, last) {
      metrics.count('sensor_failures_total', 'Sensors that failed', 1, { interface: interfaceName })
      const lostFlows = last?.liveFlows ?? 0
      const failure = { reason, lostFlows, isInterfaceGone: isInterfaceGone(interfaceName) }
      intake.receive(blindness.failed(failure), interfaceName)
    },
  })
  return {
    sensor,
    async stop() {
      await sensor.stop()
      intake.receive(blindness.end(), interfaceName)
    },
  }
}

/** Tells of flows that the record could not write. */
class FlowGaps {
  readonly #ground: SensorGround
  readonly #spells: BlindSpells
  #dropped: number

  constructor(ground: SensorGround) {
    this.#ground = ground
    this.#spells = new BlindSpells(UNWRITTEN, WHOLE_HOST, ground.config.policy.foldSeconds * 1000)
    this.#dropped = ground.flows.dropped()
  }

  /** To be called every second or so. */
  look(): void {
    const { flows, clock, intake } = this.#ground
    const dropped = flows.dropped()
    intake.receive(this.#spells.miss(dropped - this.#dropped, clock.nowMs()), WHOLE_HOST)
    this.#dropped = dropped
  }

  /** Tells the last of it. */
  end(): void {
    this.look()
    this.#ground.intake.receive(this.#spells.end(), WHOLE_HOST)
  }
}
