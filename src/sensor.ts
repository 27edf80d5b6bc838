/** The whole sensor, wired: frames in, finished flows and detections out. Live and replay are the same. */
import type { Frame } from './capture/source.ts'
import { Decoder, type UnreadableLink } from './decode/index.ts'
import { Packet } from './decode/packet.ts'
import { createDetectors, ToldFlows, type Detection, type Detector } from './detect/index.ts'
import type { DetectConfig } from './detect/config.ts'
import { FlowScorer, type LearningState, type StoredModels } from './detect/models/index.ts'
import { FlowTable, toFlow, type FlowStatistics } from './flow/index.ts'
import type { FlowConfig } from './flow/config.ts'
import type { ApplicationFact, EndReason, Flow, FlowObserver, LiveFlow } from './flow/flow.ts'

const TICK_US = 1_000_000

export interface SensorOptions {
  /** Names the flows and events: an interface, or a capture file. */
  readonly interfaceName: string
  readonly flow: FlowConfig
  readonly detect: DetectConfig
  readonly models: StoredModels
  /** Of hashes, sketches and samples: chance for live traffic, so that nobody can aim at them; fixed for replays. */
  readonly seed?: number
  /** False to make no Flow records (the log keeps none). */
  readonly wantsFlows: boolean
  /** As `record.flowsPerStory`; null makes a record of every flow. */
  readonly flowsPerStory: number | null
  onFlow(flow: Flow): void
  onDetection(detection: Detection): void
  /** The isolation forest has learned this host; the model is to be kept. */
  onModelLearned(model: string): void
}

export interface Sensor {
  /** Takes one frame through decode, flow and detect. Never throws for what the frame holds. */
  frame(frame: Frame): void
  /** Lets time pass on a silent link: `nowUs` is the wall clock. */
  idle(nowUs: number): void
  /** Ends every flow and story. */
  end(): void
  /** Switches the reading of applications' facts; what is not read is counted in `skippedFacts`. */
  readApplications(isWanted: boolean): void
  statistics(): SensorStatistics
}

export interface SensorStatistics {
  readonly liveFlows: number
  readonly openedFlows: number
  readonly endedFlows: number
  readonly evictedFlows: number
  /** Payloads whose application was not read while reading was switched off. */
  readonly skippedFacts: number
  /** Flows and texts not kept since the bounds of fact reading were reached, and messages given up. */
  readonly refusedFacts: number
  /** Ended flows that got no record of their own, since an event accounts for them. */
  readonly foldedFlows: number
  readonly malformed: Readonly<Record<string, number>>
  readonly unreadableLinks: readonly UnreadableLink[]
  /** Entries that detectors forgot because a table was full. */
  readonly forgotten: number
  readonly learning: LearningState
  readonly hasRandomForest: boolean
}

/** Wires the stages of one sensor. */
export function createSensor(options: SensorOptions): Sensor {
  const decoder = new Decoder()
  const packet = new Packet()
  const toldFlows = options.flowsPerStory === null ? null : new ToldFlows(options.flowsPerStory)
  const counts = { foldedFlows: 0 }
  const scorer = new FlowScorer(options.detect, {
    models: options.models,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    emit: (detection) => options.onDetection(detection),
    onModelLearned: (model) => options.onModelLearned(model),
  })
  const detectors = createDetectors(options.detect, (detection) => {
    scorer.suspect(detection)
    toldFlows?.tell(detection)
    options.onDetection(detection)
  })
  const packetWatchers = detectors.filter((detector) => detector.packet !== undefined)
  const table = new FlowTable(
    options.flow,
    observeFlows({ options, detectors, scorer, toldFlows, counts }),
  )
  let nextTickUs = 0
  let lastUs = 0

  function tick(nowUs: number): void {
    // A clock that jumped back (a capture glued together) begins its seconds anew.
    nextTickUs = nowUs + TICK_US
    table.advance(nowUs)
    for (const detector of detectors) detector.tick?.(nowUs)
    scorer.tick(nowUs)
  }

  return {
    frame(frame) {
      decoder.decode(frame, packet)
      lastUs = packet.timestampUs
      if (lastUs >= nextTickUs || lastUs < nextTickUs - 2 * TICK_US) tick(lastUs)
      for (const detector of packetWatchers) detector.packet!(packet)
      table.fold(packet)
    },
    idle(nowUs) {
      if (nowUs - lastUs > TICK_US) tick(nowUs)
    },
    end() {
      table.end()
      for (const detector of detectors) detector.end?.(lastUs)
      scorer.end(lastUs)
    },
    readApplications(isWanted) {
      table.readsApplications = isWanted
    },
    statistics: () => ({
      liveFlows: table.statistics.liveFlows,
      openedFlows: table.statistics.opened,
      endedFlows: table.statistics.ended,
      evictedFlows: table.statistics.evicted,
      skippedFacts: table.statistics.skippedFacts,
      refusedFacts: refusedFacts(table.statistics),
      foldedFlows: counts.foldedFlows,
      malformed: decoder.malformedCounts(),
      unreadableLinks: decoder.unreadableLinks(),
      forgotten: detectors.reduce(
        (sum, detector) => sum + (detector.forgotten?.() ?? 0),
        scorer.forgotten(),
      ),
      learning: scorer.learning(),
      hasRandomForest: scorer.hasRandomForest,
    }),
  }
}

function refusedFacts({ refusedFacts, refusedTexts, lostMessages }: FlowStatistics): number {
  return refusedFacts + refusedTexts + lostMessages
}

interface FlowWatchers {
  readonly options: SensorOptions
  readonly detectors: readonly Detector[]
  readonly scorer: FlowScorer
  readonly toldFlows: ToldFlows | null
  readonly counts: { foldedFlows: number }
}

function observeFlows(watchers: FlowWatchers): FlowObserver {
  const { options, detectors, scorer, toldFlows, counts } = watchers
  const onOpened = detectors.filter((detector) => detector.flowOpened !== undefined)
  const onAnswered = detectors.filter((detector) => detector.flowAnswered !== undefined)
  const onSpoke = detectors.filter((detector) => detector.flowSpoke !== undefined)
  const onEnded = detectors.filter((detector) => detector.flowEnded !== undefined)
  return {
    // Nobody listens, no single fact is made.
    ...(onSpoke.length === 0
      ? {}
      : {
          flowSpoke(flow: LiveFlow, fact: ApplicationFact) {
            for (const detector of onSpoke) detector.flowSpoke!(flow, fact)
          },
        }),
    flowOpened(flow: LiveFlow) {
      scorer.flowOpened(flow)
      for (const detector of onOpened) detector.flowOpened!(flow)
    },
    flowAnswered(flow: LiveFlow) {
      scorer.flowAnswered(flow)
      for (const detector of onAnswered) detector.flowAnswered!(flow)
    },
    flowEnded(flow: LiveFlow, reason: EndReason) {
      for (const detector of onEnded) detector.flowEnded!(flow, reason)
      if (toldFlows?.covers(flow)) {
        counts.foldedFlows += 1
        return
      }
      const scores = scorer.flowEnded(flow, reason)
      if (options.wantsFlows) options.onFlow(toFlow(flow, reason, options.interfaceName, scores))
    },
  }
}
