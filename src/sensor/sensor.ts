/** The whole sensor, wired: frames in, finished flows and detections out. Live and replay are the same. */
import type { Frame } from '../capture/source.ts'
import { Decoder, type FragmentCounts, type UnreadableLink } from '../decode/index.ts'
import { Packet } from '../decode/packet.ts'
import {
  compileRules,
  createDetectors,
  createSigmaDetector,
  IndicatorWatch,
  ToldFlows,
  type Detection,
  type Detectors,
  type IndicatorTables,
  type RuleText,
} from '../detect/index.ts'
import type { DetectConfig } from '../detect/config.ts'
import { FlowScorer, type LearningState, type StoredModels } from '../detect/models/index.ts'
import { EvidenceTaker } from '../evidence/index.ts'
import type { EvidenceConfig } from '../evidence/config.ts'
import { FlowTable, type FlowStatistics } from '../flow/index.ts'
import { type FlowScores } from '../flow/batch/index.ts'
import type { FlowConfig } from '../flow/config.ts'
import type { EndReason, FlowObserver, LiveFlow } from '../flow/flow.ts'
import { Shedder, type Skipped } from '../pressure/index.ts'

const TICK_US = 1_000_000
const UNSCORED = { anomalyScore: null, attackScore: null }

/** Takes the flows that are to be kept, one by one as they end. */
export interface FlowKeeper {
  /** The cursor is valid only during the call. */
  add(flow: LiveFlow, reason: EndReason, scores: FlowScores): void
}

export interface SensorOptions {
  readonly flow: FlowConfig
  readonly detect: DetectConfig
  /** Absent where no packets are to be kept. */
  readonly evidence?: EvidenceConfig
  readonly models: StoredModels
  /** What feeds call bad; null or absent where there are no feeds. */
  readonly indicators?: IndicatorTables | null
  /** Sigma rules, as texts; absent for none. */
  readonly rules?: readonly RuleText[]
  /** Of hashes, sketches and samples: chance for live traffic, so that nobody can aim at them; fixed for replays. */
  readonly seed?: number
  /** Null where the log keeps no flows. */
  readonly flows: FlowKeeper | null
  /** As `record.flowsPerStory`; null makes a record of every flow. */
  readonly flowsPerStory: number | null
  onDetection(detection: Detection): void
  /** The isolation forest has learned this host; the model is to be kept. */
  onModelLearned(model: string): void
  /** What the next one is being learned from, to be kept over a restart; absent where nothing is learned for long. */
  onSample?(sample: string): void
}

export interface Sensor {
  /** Takes one frame through decode, flow and detect. Never throws for what the frame holds. */
  frame(frame: Frame): void
  /** Lets time pass on a silent link: `nowUs` is the wall clock. */
  idle(nowUs: number): void
  /** Puts a level of shedding in force, an index into `SHED_LEVELS`; a replay stays at 0. */
  shed(level: number, table: { readonly mayGrow: boolean }): void
  /** Puts other indicators in force; without effect where there were no feeds at the start. */
  useIndicators(tables: IndicatorTables): void
  /** Puts other Sigma rules in force; those that stay go on where they were. */
  useRules(rules: readonly RuleText[], disabled: readonly string[]): void
  /** Ends every flow and story. */
  end(): void
  statistics(): SensorStatistics
}

export interface SensorStatistics {
  readonly liveFlows: number
  /** How many may be live at the moment. */
  readonly maxFlows: number
  readonly openedFlows: number
  readonly endedFlows: number
  readonly evictedFlows: number
  /** Flows and texts not kept since the bounds of fact reading were reached, and messages given up. */
  readonly refusedFacts: number
  /** Ended flows that got no record of their own, since an event accounts for them. */
  readonly foldedFlows: number
  readonly malformed: Readonly<Record<string, number>>
  readonly fragments: FragmentCounts
  readonly unreadableLinks: readonly UnreadableLink[]
  /** Entries that detectors forgot because a table was full. */
  readonly forgotten: number
  /** What was left out under pressure. */
  readonly skipped: Skipped
  readonly learning: LearningState
  readonly hasRandomForest: boolean
  /** How often each Sigma rule has held, by name or id; those that have not are not in it. */
  readonly ruleHits: Readonly<Record<string, number>>
}

/** Wires the stages of one sensor. */
export function createSensor(options: SensorOptions): Sensor {
  const decoder = new Decoder()
  const packet = new Packet()
  const toldFlows = options.flowsPerStory === null ? null : new ToldFlows(options.flowsPerStory)
  const counts = { foldedFlows: 0 }
  const taker = options.evidence?.enabled === true ? new EvidenceTaker(options.evidence) : null
  const tell = (detection: Detection): void =>
    options.onDetection(taker === null ? detection : taker.withEvidence(detection))
  const scorer = new FlowScorer(options.detect, {
    models: options.models,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    emit: tell,
    onModelLearned: (model) => options.onModelLearned(model),
    ...(options.onSample === undefined ? {} : { onSample: options.onSample }),
  })
  const emit = (detection: Detection): void => {
    scorer.suspect(detection)
    toldFlows?.tell(detection)
    tell(detection)
  }
  const { indicators, detect } = options
  const watch = !indicators ? null : new IndicatorWatch(detect.intel, indicators, emit)
  const sigma = createSigmaDetector(detect, options.rules ?? [], emit)
  const detectors = createDetectors(detect, emit, [watch, sigma])
  const shedder = new Shedder()
  const table = new FlowTable(
    options.flow,
    observeFlows({ options, detectors, scorer, shedder, toldFlows, counts }),
    { shedding: shedder.flows },
  )
  let nextTickUs = 0
  let lastUs = 0

  function tick(nowUs: number): void {
    // A clock that jumped back (a capture glued together) begins its seconds anew.
    nextTickUs = nowUs + TICK_US
    table.advance(nowUs)
    detectors.tick(nowUs)
    scorer.tick(nowUs)
  }

  return {
    frame(frame) {
      decoder.decode(frame, packet)
      lastUs = packet.timestampUs
      if (taker !== null && shedder.keepsEvidence) taker.frame(frame, packet)
      if (lastUs >= nextTickUs || lastUs < nextTickUs - 2 * TICK_US) tick(lastUs)
      if (shedder.isWatched(packet)) detectors.packet(packet)
      table.fold(packet)
    },
    idle(nowUs) {
      if (nowUs - lastUs > TICK_US) tick(nowUs)
    },
    shed(level, { mayGrow }) {
      shedder.level = level
      table.mayGrow = mayGrow
    },
    useIndicators: (tables) => watch?.use(tables),
    useRules(rules, disabled) {
      const { placeholders } = detect.sigma
      sigma?.use(compileRules(rules, { disabled, placeholders }))
    },
    end() {
      table.end()
      detectors.end(lastUs)
      scorer.end(lastUs)
    },
    statistics: () => ({
      liveFlows: table.statistics.liveFlows,
      maxFlows: table.statistics.maxLive,
      openedFlows: table.statistics.opened,
      endedFlows: table.statistics.ended,
      evictedFlows: table.statistics.evicted,
      refusedFacts: refusedFacts(table.statistics),
      foldedFlows: counts.foldedFlows,
      malformed: decoder.malformedCounts(),
      fragments: decoder.fragmentCounts(),
      unreadableLinks: decoder.unreadableLinks(),
      forgotten: detectors.forgotten + scorer.forgotten(),
      skipped: shedder.skipped(),
      learning: scorer.learning(),
      hasRandomForest: scorer.hasRandomForest,
      ruleHits: Object.fromEntries(sigma?.hits ?? []),
    }),
  }
}

function refusedFacts({ refusedFacts, refusedTexts, lostMessages }: FlowStatistics): number {
  return refusedFacts + refusedTexts + lostMessages
}

interface FlowWatchers {
  readonly options: SensorOptions
  readonly detectors: Detectors
  readonly scorer: FlowScorer
  readonly shedder: Shedder
  readonly toldFlows: ToldFlows | null
  readonly counts: { foldedFlows: number }
}

function observeFlows(watchers: FlowWatchers): FlowObserver {
  const { options, detectors, scorer, shedder, toldFlows, counts } = watchers
  const { flowSpoke } = detectors
  return {
    ...(flowSpoke === undefined ? {} : { flowSpoke }),
    // Where each flow is wanted on record, each is scored, and for that counted.
    ...(toldFlows === null ? {} : { absorbs: (flow: LiveFlow) => detectors.absorbs(flow) }),
    flowOpened(flow: LiveFlow) {
      if (shedder.scores && !flow.isAbsorbed) scorer.flowOpened(flow)
      detectors.flowOpened(flow)
    },
    flowAnswered(flow: LiveFlow) {
      if (shedder.scores && !flow.isAbsorbed) scorer.flowAnswered(flow)
      detectors.flowAnswered(flow)
    },
    flowWoke(flow: LiveFlow, wasAnswered: boolean) {
      if (shedder.scores) {
        scorer.flowOpened(flow)
        if (wasAnswered) scorer.flowAnswered(flow)
      }
      detectors.flowWoke(flow, wasAnswered)
    },
    flowEnded(flow: LiveFlow, reason: EndReason) {
      detectors.flowEnded(flow, reason)
      if (toldFlows?.covers(flow)) {
        counts.foldedFlows += 1
        return
      }
      const scores = shedder.scoresEnded() ? scorer.flowEnded(flow, reason) : UNSCORED
      if (options.flows !== null && shedder.records(flow)) options.flows.add(flow, reason, scores)
    },
  }
}
