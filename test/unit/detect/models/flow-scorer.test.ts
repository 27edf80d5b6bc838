import { beforeEach, describe, expect, it } from 'vitest'
import {
  FlowScorer,
  formatModel,
  parseModel,
  seededRandom,
  type RandomForestModel,
  type ScorerConfig,
} from '../../../../src/detect/models/index.ts'
import { compileForest } from '../../../../src/detect/models/flat-forest.ts'
import type { Detection } from '../../../../src/detect/detection.ts'
import { FEATURE_COUNT, FEATURE_NAMES } from '../../../../src/feature/index.ts'
import type { LiveFlow } from '../../../../src/flow/flow.ts'
import { detection } from '../../../support/detection/detections.ts'
import { liveFlow, unansweredSyn } from '../../../support/detection/live-flow.ts'

const START_US = 1_700_000_000_000_000
const HOUR_US = 3600e6
const SCANNER = 0xc0000207

const config: ScorerConfig = {
  isolationForest: {
    enabled: true, minimumFlows: 400, minimumMinutes: 0, baselineFlows: 300, trees: 50,
    quantile: 0.999, margin: 0.02, retrainHours: 24, matureHours: 24, strongFlows: 30,
  },
  randomForest: { enabled: true, model: null, threshold: null, minimumFlows: 30, minimumShare: 0.8 },
} // prettier-ignore

/** Votes "attack" for whatever was not answered: enough of a forest to tell stories by. */
const unansweredForest: RandomForestModel = {
  kind: 'random-forest',
  forest: compileForest([
    {
      value: 0.5,
      split: {
        feature: FEATURE_NAMES.indexOf('isUnanswered'),
        threshold: 0.5,
        left: { value: 0, split: null },
        right: { value: 1, split: null },
      },
    },
  ]),
  threshold: 0.9,
  baseline: new Float64Array(FEATURE_COUNT),
  calibration: null,
  training: {},
}
const randomForest = formatModel(unansweredForest)

/** Finds odd whatever was not answered; learned at the start of time. */
const isolationForest = formatModel({
  kind: 'isolation-forest',
  forest: compileForest([
    {
      value: 8,
      split: {
        feature: FEATURE_NAMES.indexOf('isUnanswered'),
        threshold: 0.5,
        left: { value: 9, split: null },
        right: { value: 1, split: null },
      },
    },
  ]),
  normalPathLength: 8,
  threshold: 0.7,
  strongThreshold: 0.8,
  baseline: new Float64Array(FEATURE_COUNT),
  learnedAtUs: START_US,
  version: 1,
  reference: { ordinary: [], attacks: [], attacksApart: 0 },
  training: {},
})

let detections: Detection[]
let learned: string[]
beforeEach(() => {
  detections = []
  learned = []
})

function scorerWith(
  models: { randomForest?: string | null; isolationForest?: string | null } = {},
  changes: Partial<ScorerConfig> = {},
): FlowScorer {
  return new FlowScorer(
    { ...config, ...changes },
    {
      models: { randomForest: null, isolationForest: null, ...models },
      emit: (each) => detections.push(each),
      onModelLearned: (model) => learned.push(model),
    },
  )
}

function pass(scorer: FlowScorer, flow: LiveFlow): ReturnType<FlowScorer['flowEnded']> {
  scorer.flowOpened(flow)
  if (flow.responderPackets > 0) scorer.flowAnswered(flow)
  return scorer.flowEnded(flow, 'fin')
}

const random = seededRandom(5)
const upTo = (most: number): number => Math.floor(random() * most)

/** A flow such as this host has every day: mostly web, some DNS, now and then one that fails. */
function everydayFlow(index: number, wish: { originatorKey?: number } = {}): LiveFlow {
  const startUs = START_US + index * 500_000
  const times = { startUs, lastUs: startUs + 100_000 + upTo(400_000) }
  const ends = { ...wish, ...times, responderKey: 100 + upTo(6), responderPort: 440 + upTo(4) }
  const kind = random()
  if (kind < 0.03) return unansweredSyn({ ...ends, lastUs: startUs })
  if (kind < 0.3) {
    return liveFlow({
      ...ends, protocol: 17, originatorPackets: 1, responderPackets: 1, originatorTcpFlags: 0,
      responderTcpFlags: 0, openingTcpFlags: 0, handshakeRttUs: -1, packetSizeMean: 80 + upTo(60),
      originatorPayloadBytes: 30 + upTo(20), responderPayloadBytes: 50 + upTo(200),
      openingPayloadBytes: 30 + upTo(20), gapMeanUs: 2000 + upTo(20_000), gapDeviationUs: 0,
    }) // prettier-ignore
  }
  return liveFlow({
    ...ends, originatorPackets: 5 + upTo(6), responderPackets: 6 + upTo(8),
    originatorPayloadBytes: 400 + upTo(900), responderPayloadBytes: 2000 + upTo(8000),
    handshakeRttUs: 8000 + upTo(8000), gapMeanUs: 15_000 + upTo(20_000),
    originatorRetransmissions: upTo(2), packetSizeMean: 400 + upTo(300),
  }) // prettier-ignore
}

function learnedModel(): string {
  const scorer = scorerWith()
  for (let index = 0; index < 400; index += 1) pass(scorer, everydayFlow(index))
  scorer.tick(START_US)
  return learned[0]!
}

function probe(index: number, atUs: number): LiveFlow {
  return unansweredSyn({
    originatorKey: SCANNER,
    responderPort: index,
    startUs: atUs,
    lastUs: atUs,
  })
}

describe('FlowScorer on pings', () => {
  it('has no opinion on whether they are an attack', () => {
    const scorer = scorerWith({ randomForest })
    const ping = unansweredSyn({ protocol: 1, startUs: START_US, lastUs: START_US })
    expect(pass(scorer, ping).attackScore).toBeNull()
    expect(pass(scorer, probe(1, START_US)).attackScore).toBe(1)
    expect(pass(scorer, ping).attackScore).toBeNull()
  })
})

describe('FlowScorer while it learns', () => {
  it('shows how far it is, gives no anomaly score, then scores and hands the model over', () => {
    const scorer = scorerWith()
    expect(scorer.learning()).toMatchObject({ state: 'learning', progress: 0, version: null })
    for (let index = 0; index < 200; index += 1) {
      expect(pass(scorer, everydayFlow(index)).anomalyScore).toBeNull()
    }
    expect(scorer.learning()).toMatchObject({ state: 'learning', progress: 0.5 })
    for (let index = 200; index < 400; index += 1) pass(scorer, everydayFlow(index))
    scorer.tick(START_US)
    expect(scorer.learning()).toMatchObject({ state: 'scoring', progress: 1, version: 1 })
    expect(parseModel(learned[0]!, 'learned').kind).toBe('isolation-forest')
    expect(pass(scorer, everydayFlow(400)).anomalyScore).toBeGreaterThan(0)
  })

  it('waits for the minutes as well as for the flows', () => {
    const isolationForest = { ...config.isolationForest, minimumMinutes: 10 }
    const scorer = scorerWith({}, { isolationForest })
    for (let index = 0; index < 600; index += 1) pass(scorer, everydayFlow(index))
    scorer.tick(START_US)
    expect(scorer.learning().state).toBe('learning')
    expect(scorer.learning().progress).toBeCloseTo(0.5, 1)
  })

  it('leaves attack-like flows and those of suspects out of the baseline', () => {
    const scorer = scorerWith({ randomForest })
    scorer.suspect(detection({ attacker: '192.0.2.9' }))
    for (let index = 0; index < 200; index += 1) {
      pass(scorer, probe(index, START_US + index))
      pass(scorer, everydayFlow(index, { originatorKey: 0xc0000209 }))
    }
    expect(scorer.learning().progress).toBe(0)
    pass(scorer, everydayFlow(1))
    expect(scorer.learning().progress).toBeCloseTo(1 / 400)
  })

  it('starts with a stored model at once and gives the same scores as the scorer that learned it', () => {
    const teacher = scorerWith()
    for (let index = 0; index < 400; index += 1) pass(teacher, everydayFlow(index))
    teacher.tick(START_US)
    const flow = probe(7, START_US + 90 * HOUR_US)
    const expected = pass(teacher, flow).anomalyScore
    expect(pass(scorerWith({ isolationForest: learned[0]! }), flow).anomalyScore).toBe(expected)
  })

  it('hands over what it has gathered each hour and at the end, for another to go on with', () => {
    const samples: string[] = []
    const options = { emit: () => undefined, onSample: (sample: string) => samples.push(sample) }
    const models = { randomForest: null, isolationForest: null }
    const scorer = new FlowScorer(config, { models, ...options })
    scorer.tick(START_US)
    for (let index = 0; index < 100; index += 1) pass(scorer, everydayFlow(index))
    scorer.tick(START_US + HOUR_US / 2)
    expect(samples).toHaveLength(0)
    scorer.tick(START_US + HOUR_US)
    for (let index = 100; index < 200; index += 1) pass(scorer, everydayFlow(index))
    scorer.end(START_US + HOUR_US * 1.5)
    const goingOn = samples.map(
      (learningSample) =>
        new FlowScorer(config, { models: { ...models, learningSample }, ...options }),
    )
    expect(goingOn.map((one) => one.learning().progress)).toEqual([0.25, 0.5])
  })

  it('is off, and scores nothing, when both forests are switched off', () => {
    const scorer = scorerWith({ randomForest }, {
      isolationForest: { ...config.isolationForest, enabled: false },
      randomForest: { ...config.randomForest, enabled: false },
    }) // prettier-ignore
    expect(pass(scorer, everydayFlow(0))).toEqual({ anomalyScore: null, attackScore: null })
    expect(scorer.learning().state).toBe('off')
  })
})

describe('FlowScorer on flows unlike the past', () => {
  it('stays quiet on everyday flows', () => {
    const scorer = scorerWith({ isolationForest: learnedModel() })
    for (let index = 1000; index < 2000; index += 1) pass(scorer, everydayFlow(index))
    expect(detections.length).toBeLessThan(5)
  })

  it('notes a lone odd flow with reasons and accuses nobody', () => {
    const scorer = scorerWith({ isolationForest })
    pass(scorer, probe(1, START_US + HOUR_US))
    expect(detections).toHaveLength(1)
    expect(detections[0]).toMatchObject({
      detector: 'isolation-forest', kind: 'anomaly.flow', family: 'anomaly', severity: 2,
      attacker: null, host: '192.0.2.7', victims: ['10.0.0.2'], count: 1, isFinal: false,
    }) // prettier-ignore
    expect(detections[0]!.reasons.length).toBeGreaterThan(0)
    expect(detections[0]!.summary).toContain("unlike this host's past")
  })

  it('does not cry wolf with a young model, and alerts with an old one', () => {
    const severityAfter = (hours: number): number => {
      detections = []
      const scorer = scorerWith({ isolationForest })
      const atUs = START_US + hours * HOUR_US
      for (let index = 1; index <= 300; index += 1) pass(scorer, probe(index, atUs + index * 1e5))
      scorer.end(atUs + 40e6)
      return Math.max(...detections.map((each) => each.severity))
    }
    expect(severityAfter(2)).toBe(3)
    expect(severityAfter(30)).toBeGreaterThanOrEqual(4)
  })

  it('tells one story for one host, not one a flow, and ends it when the host goes quiet', () => {
    const scorer = scorerWith({ isolationForest })
    for (let index = 1; index <= 100; index += 1) pass(scorer, probe(index, START_US + index * 1e5))
    expect(new Set(detections.map((each) => each.id)).size).toBe(1)
    expect(detections.length).toBeLessThan(12)
    scorer.tick(START_US + HOUR_US)
    expect(detections.at(-1)).toMatchObject({ isFinal: true, count: 100 })
  })

  it('notes at most twenty new hosts a minute and counts the rest', () => {
    const scorer = scorerWith({ isolationForest })
    for (let host = 0; host < 500; host += 1) {
      const odd = probe(host, START_US + HOUR_US)
      pass(scorer, { ...odd, originatorKey: host })
    }
    expect(detections).toHaveLength(20)
    expect(scorer.forgotten()).toBeGreaterThanOrEqual(480)
  })
})

describe('FlowScorer on attack-like flows', () => {
  it('says nothing of a few, and names the attacker and victims of many', () => {
    const scorer = scorerWith({ randomForest })
    for (let index = 1; index < 30; index += 1) pass(scorer, probe(index, START_US + index * 1e5))
    expect(detections).toEqual([])
    pass(scorer, probe(30, START_US + 31e5))
    expect(detections[0]).toMatchObject({
      detector: 'random-forest', kind: 'anomaly.attack-like', attacker: '192.0.2.7',
      victims: ['10.0.0.2'], host: null, count: 30, severity: 3,
    }) // prettier-ignore
    expect(detections[0]!.flows.length).toBeLessThanOrEqual(16)
  })

  it('leaves those to a rule whom the rule accuses already', () => {
    const scorer = scorerWith({ randomForest })
    scorer.suspect(detection({ attacker: '192.0.2.7' }))
    for (let index = 1; index < 90; index += 1) pass(scorer, probe(index, START_US + index * 1e5))
    expect(detections).toEqual([])
  })

  it('says nothing when they are few among many ordinary ones', () => {
    const scorer = scorerWith({ randomForest })
    for (let index = 1; index < 200; index += 1) {
      pass(scorer, probe(index, START_US + index * 1e5))
      const ordinary = { startUs: START_US + index * 1e5, lastUs: START_US + index * 1e5 }
      pass(scorer, liveFlow({ originatorKey: SCANNER, ...ordinary }))
    }
    expect(detections).toEqual([])
  })

  it('says nothing when they come slowly', () => {
    const scorer = scorerWith({ randomForest })
    for (let index = 1; index < 200; index += 1) pass(scorer, probe(index, START_US + index * 1e7))
    expect(detections).toEqual([])
  })

  it('does not accuse the victim of a reflected flood, in whose name others were addressed', () => {
    const scorer = scorerWith({ randomForest })
    for (let index = 1; index < 200; index += 1) {
      const answer = probe(index, START_US + index * 1e4)
      pass(scorer, { ...answer, originatorPackets: 0, responderPackets: 1 })
    }
    scorer.end(START_US + 1e9)
    expect(detections).toEqual([])
  })

  it('counts flows within a minute though they end in the order of their timeouts', () => {
    const scorer = scorerWith({ randomForest })
    for (let index = 0; index < 40; index += 1) {
      pass(scorer, probe(index, START_US + ((index * 7) % 40) * 1e6))
    }
    expect(detections.length).toBeGreaterThan(0)
    scorer.end(START_US + 1e9)
    expect(detections.at(-1)).toMatchObject({ isFinal: true, count: 40 })
    expect(detections.at(-1)!.summary).toMatch(/^40 flows of 192.0.2.7/)
  })

  it('accuses nobody in a flood from a hundred thousand invented addresses', () => {
    const scorer = scorerWith({ randomForest })
    const flow = unansweredSyn({ startUs: START_US, lastUs: START_US })
    for (let host = 0; host < 100_000; host += 1) {
      pass(scorer, Object.assign(flow, { originatorKey: host }))
    }
    scorer.end(START_US)
    expect(detections).toEqual([])
  })

  it('scores a repeated one-packet flow from its cache exactly as the first time', () => {
    const scorer = scorerWith({ randomForest, isolationForest: learnedModel() })
    const flow = probe(5, START_US + HOUR_US)
    scorer.flowOpened(flow)
    const first = { ...scorer.flowEnded(flow, 'idle') }
    expect({ ...scorer.flowEnded(flow, 'idle') }).toEqual(first)
  })

  it('survives times no clock would show', () => {
    const scorer = scorerWith({ randomForest, isolationForest: learnedModel() })
    for (const time of [0, -5, 1e300, Number.NaN, 2 ** 60]) {
      for (let index = 0; index < 40; index += 1) pass(scorer, probe(index, time))
      scorer.tick(time)
    }
    scorer.end(Number.NaN)
    expect(detections.every((each) => /^[0-9a-f-]{36}$/.test(each.id))).toBe(true)
  })
})
