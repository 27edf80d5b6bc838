/** The agent's sensors, wired: what they see goes to the intake, and so does what they could not see. */
import { createHash } from 'node:crypto'
import type { Audit } from './audit.ts'
import { AUTOMATIC, MOST_AUTOMATIC, automaticChoices } from '../capture/index.ts'
import type { Config } from '../config/index.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log/log.ts'
import { builtProgram } from '../core/process/programs.ts'
import type { Metrics } from '../core/log/metrics.ts'
import type { Feeds } from '../detect/intel/index.ts'
import { loadStoredModels, storeModel, storeSample } from '../detect/models/index.ts'
import type { DetectionIntake } from './tellings/detection-intake.ts'
import { isInterfaceDown, isInterfaceGone, SensorBlindness } from '../health/index.ts'
import type { Owners } from '../owner/index.ts'
import { heapOptions } from '../pressure/index.ts'
import { RecordGaps } from './tellings/record-gaps.ts'
import type { EventRecord } from '../record/record.ts'
import { gaugeOwners, withPrograms } from './owner-reports.ts'
import type { RuleWatch } from './rule-watch.ts'
import { countSensorReport } from '../sensor/metrics.ts'
import { SupervisedSensor } from '../sensor/supervisor.ts'

export interface SensorGround {
  readonly config: Config
  /** The data folder. */
  readonly directory: string
  readonly log: Log
  readonly audit: Audit
  readonly clock: Clock
  readonly metrics: Metrics
  readonly record: Pick<EventRecord, 'flows' | 'shed'>
  readonly intake: DetectionIntake
  readonly owners: Owners
  readonly feeds: Feeds
  readonly rules: RuleWatch
}

/** How often `auto` looks for interfaces that have come, or gone for good. */
const LOOK_MS = 10_000

interface Started {
  readonly sensor: SupervisedSensor
  /** Resolves when all it had seen, and could not see, is with the intake. */
  stop(): Promise<void>
}

/** A sensor for each interface, each with what tells of its blindness; they run until they are stopped. */
export class WatchedSensors {
  readonly #ground: SensorGround
  readonly #gaps: RecordGaps
  /** Those that run, as all parts of the agent know them. */
  readonly #sensors: SupervisedSensor[]
  readonly #started = new Map<string, Started>()
  /** Those of them that come and go in the ordinary course of things, as tunnels do. */
  readonly #passing = new Set<string>()
  readonly #leaving = new Set<Promise<void>>()
  readonly #most: number
  #look: NodeJS.Timeout | undefined

  /** Starts the sensors and adds them to `sensors`; with `auto`, others with the interfaces that come. */
  constructor(interfaces: readonly string[], sensors: SupervisedSensor[], ground: SensorGround) {
    this.#ground = ground
    this.#gaps = new RecordGaps(ground)
    this.#sensors = sensors
    const { interfaces: named } = ground.config.capture
    const isAutomatic = named.includes(AUTOMATIC)
    const virtual = isAutomatic ? automaticChoices().filter(({ isDevice }) => !isDevice) : []
    for (const name of interfaces) {
      // What somebody named is missed when it is gone, whatever it is.
      this.#start(name, !named.includes(name) && virtual.some((one) => one.name === name))
    }
    this.#most = MOST_AUTOMATIC + interfaces.filter((name) => named.includes(name)).length
    if (isAutomatic) this.#look = setInterval(() => this.#keepUp(), LOOK_MS).unref()
  }

  /** Resolves when all they had seen, and could not see, is with the intake. */
  async stop(): Promise<void> {
    clearInterval(this.#look)
    const ends = [...this.#started.values()].map((started) => started.stop())
    await Promise.all([...ends, ...this.#leaving])
    this.#gaps.end()
  }

  #start(name: string, isPassing: boolean): void {
    const started = startSensor(name, this.#ground, this.#gaps)
    this.#started.set(name, started)
    this.#sensors.push(started.sensor)
    if (isPassing) this.#passing.add(name)
  }

  #keepUp(): void {
    for (const name of this.#passing) if (isInterfaceGone(name)) this.#retire(name)
    for (const { name, leftOut, isDevice } of automaticChoices()) {
      if (this.#started.size >= this.#most) return
      if (leftOut === null && !this.#started.has(name)) this.#start(name, !isDevice)
    }
  }

  /** What is no hardware and is gone is not missed: its sensor must not count as failed for ever. */
  #retire(name: string): void {
    const started = this.#started.get(name)!
    this.#started.delete(name)
    this.#passing.delete(name)
    this.#sensors.splice(this.#sensors.indexOf(started.sensor), 1)
    const leaving = started.stop().finally(() => this.#leaving.delete(leaving))
    this.#leaving.add(leaving)
  }
}

/** `gaps` is shared by all sensors. */
function startSensor(interfaceName: string, ground: SensorGround, gaps: RecordGaps): Started {
  const { directory, log, audit, clock, metrics, record, intake, owners, feeds } = ground
  const { flow, detect, evidence, sensor: ceilings, policy } = ground.config
  const capture = { ...ground.config.capture, delivery: deliveryOf(ground.config) }
  const blindness = new SensorBlindness(interfaceName, policy.foldSeconds * 1000, clock)
  const sensor = new SupervisedSensor(interfaceName, {
    log,
    program: builtProgram('sensor/sensor-process'),
    nodeOptions: heapOptions(ceilings),
    maxSilenceMs: ceilings.maxSilenceSeconds * 1000,
    assignment() {
      const models = loadStoredModels(directory, interfaceName, log, detect.randomForest.model)
      const { flows: wantsFlows, flowsPerStory } = ground.config.record
      const indicators = feeds.isEmpty ? null : feeds.tables
      const known = { models, indicators, rules: ground.rules.texts }
      const sigma = { ...detect.sigma, disabled: [...ground.rules.disabled] }
      const told = { interfaceName, capture, flow, evidence, wantsFlows, flowsPerStory }
      return { ...told, ...known, detect: { ...detect, sigma }, sensor: ceilings }
    },
    onBatch(batch, detections) {
      if (batch !== null) record.flows.append(owners.annotate(batch))
      if (detections.length > 0) intake.receive(withPrograms(detections, owners), interfaceName)
    },
    onReport(report, before) {
      countSensorReport(metrics, interfaceName, report, before)
      const missed = blindness.report(report, before)
      const link = blindness.link(isInterfaceDown(interfaceName))
      intake.receive([...missed, ...link], interfaceName)
      gaps.look()
      gaugeOwners(metrics, owners)
    },
    onModelLearned(model) {
      storeModel(directory, interfaceName, model, log)
      audit('model.learned', interfaceName, {
        sha256: createHash('sha256').update(model).digest('hex'),
      })
    },
    onSample: (sample) => storeSample(directory, interfaceName, sample, log),
    onRunning() {
      audit('sensor.started', interfaceName, { source: sensor.source })
      intake.receive(blindness.running(), interfaceName)
    },
    onFailed(reason, last) {
      metrics.count('sensor_failures_total', 'Sensors that failed', 1, { interface: interfaceName })
      audit('sensor.failed', interfaceName, { reason })
      const lostFlows = last?.liveFlows ?? 0
      const failure = { reason, lostFlows, isInterfaceGone: isInterfaceGone(interfaceName) }
      intake.receive(blindness.failed(failure), interfaceName)
    },
  })
  return {
    sensor,
    async stop() {
      await sensor.stop()
      audit('sensor.stopped', interfaceName)
      intake.receive(blindness.end(), interfaceName)
    },
  }
}

/** A block that comes a second late lets a guesser go on for that second. */
function deliveryOf({ capture, policy }: Config): Config['capture']['delivery'] {
  if (capture.delivery !== 'auto') return capture.delivery
  return policy.mode === 'block' ? 'prompt' : 'batched'
}
