/** Both forests at work in the sensor: every flow that ends gets its scores, hosts get their stories. */
import { Extractor, FEATURE_COUNT } from '../../feature/index.ts'
import type { EndReason, LiveFlow } from '../../flow/flow.ts'
import { IpProtocol } from '../../net/protocol.ts'
import type { Detection } from '../detection.ts'
import type { Emit } from '../detector.ts'
import { HostModel, LEARNING_OFF, type LearningState } from './learning/host-model.ts'
import { formatSample, parseSample, type LearningSample } from './learning/learning-sample.ts'
import type { IsolationForestConfig, RandomForestConfig } from './config.ts'
import { isolationScore } from './isolation-forest.ts'
import { formatModel, parseModel } from './stored/model-file.ts'
import type { IsolationForestModel, RandomForestModel } from './model.ts'
import { attackShareTowards } from './flat-forest.ts'
import { ScoreCache } from './score-cache.ts'
import { anomalyRules, attackRules } from './stories/story-rules.ts'
import { StoryTable } from './stories/story-table.ts'
import type { StoredModels } from './stored/stored-models.ts'
import { Suspects } from './learning/suspects.ts'

const SAMPLE_EVERY_US = 3600e6

export interface FlowScores {
  /** Isolation forest, 0–1; null while it is off or learning. */
  readonly anomalyScore: number | null
  /**
   * Random forest's share of votes for "attack", 0–1, of the trees that had to be asked; null without a model,
   * and for flows that are neither TCP nor UDP.
   */
  readonly attackScore: number | null
}

export interface ScorerConfig {
  readonly isolationForest: IsolationForestConfig
  readonly randomForest: RandomForestConfig
}

export interface ScorerOptions {
  readonly models: StoredModels
  readonly emit: Emit
  /** The host's model has been grown: its file's text, to be stored. */
  onModelLearned?(model: string): void
  /** What the next model is being learned from: a file's text, to be kept for the next run; every hour, and at the end. */
  onSample?(sample: string): void
  /** Of sketches and samples; a constant gives repeatable replays. */
  readonly seed?: number
}

/**
 * Scores each ended flow once with each forest in force, and learns the host's own model meanwhile.
 *
 * Fails open: it never throws for traffic. Cost: about 8 µs a flow, from opening to scores; 8 MB for the
 * windows, 6 MB for the baseline. Errors: the constructor throws `ERR_MODEL_…` for a bad stored model.
 */
export class FlowScorer {
  readonly #extractor: Extractor
  readonly #config: ScorerConfig
  readonly #options: ScorerOptions
  readonly #seed: number
  readonly #row = new Float64Array(FEATURE_COUNT)
  readonly #cache = new ScoreCache()
  readonly #suspects = new Suspects()
  readonly #scores = { anomalyScore: null as number | null, attackScore: null as number | null }
  readonly #attack: RandomForestModel | null
  readonly #attackThreshold: number
  readonly #attackStories: StoryTable | null
  #anomaly: IsolationForestModel | null
  #anomalyStories: StoryTable | null = null
  readonly #host: HostModel | null
  #sampleDueUs: number | null = null

  constructor(config: ScorerConfig, options: ScorerOptions) {
    this.#config = config
    this.#options = options
    this.#seed = options.seed ?? 1
    this.#extractor = new Extractor({ seed: this.#seed })
    this.#attack = config.randomForest.enabled ? storedRandomForest(options.models) : null
    this.#attackThreshold = config.randomForest.threshold ?? this.#attack?.threshold ?? 1
    this.#attackStories =
      this.#attack && new StoryTable(attackRules(this.#attack, config.randomForest), options.emit)
    this.#anomaly = null
    this.#host = null
    if (!config.isolationForest.enabled) return
    const stored = storedIsolationForest(options.models)
    const sample = storedSample(options.models)
    this.#host = new HostModel(config.isolationForest, this.#seed, stored, sample)
    if (stored) this.#putInForce(stored)
  }

  flowOpened(flow: LiveFlow): void {
    this.#extractor.flowOpened(flow)
  }

  flowAnswered(flow: LiveFlow): void {
    this.#extractor.flowAnswered(flow)
  }

  /** Scores the flow; the object returned is reused by the next call. */
  flowEnded(flow: LiveFlow, _reason: EndReason): FlowScores {
    this.#extractor.extract(flow, this.#row)
    this.#score(flow)
    const { anomalyScore, attackScore } = this.#scores
    const isAttackLike = attackScore !== null && attackScore >= this.#attackThreshold
    // Who sent nothing is no attacker: answers to forged packets make flows that open at their victim.
    if (flow.originatorPackets > 0) {
      if (!isAttackLike) this.#attackStories?.passed(flow)
      else if (!this.#suspects.has(flow)) {
        this.#attackStories?.flagged(flow, attackScore, this.#row, false)
      }
    }
    if (anomalyScore !== null && this.#anomaly) {
      const isStrong = anomalyScore >= this.#anomaly.strongThreshold
      if (anomalyScore >= this.#anomaly.threshold) {
        this.#anomalyStories?.flagged(flow, anomalyScore, this.#row, isStrong)
      }
    }
    if (this.#host && !isAttackLike && !this.#suspects.has(flow)) {
      this.#host.offer(this.#row, flow.lastUs, anomalyScore)
    }
    return this.#scores
  }

  /** Lets time pass: grows the host's model when its time has come, ends stories that went quiet. */
  tick(nowUs: number): void {
    this.#attackStories?.close(nowUs)
    this.#anomalyStories?.close(nowUs)
    const learned = this.#host?.tick(nowUs) ?? null
    if (learned !== null) {
      this.#putInForce(learned)
      this.#options.onModelLearned?.(formatModel(learned))
    }
    this.#sampleDueUs ??= nowUs + SAMPLE_EVERY_US
    if (nowUs < this.#sampleDueUs) return
    this.#sampleDueUs = nowUs + SAMPLE_EVERY_US
    this.#handOverSample()
  }

  /** Ends every story. */
  end(nowUs: number): void {
    this.#attackStories?.close(nowUs, true)
    this.#anomalyStories?.close(nowUs, true)
    this.#handOverSample()
  }

  #handOverSample(): void {
    const { onSample } = this.#options
    const sample = onSample === undefined ? null : (this.#host?.sample() ?? null)
    if (sample !== null) onSample!(formatSample(sample))
  }

  /**
   * Notes whom a rule accuses: their flows stay out of the baseline, and the random forest, which would
   * only say the same again, tells no story of its own about them.
   */
  suspect(detection: Detection): void {
    this.#suspects.add(detection)
  }

  /** Says whether a random forest is in force. */
  get hasRandomForest(): boolean {
    return this.#attack !== null
  }

  learning(): LearningState {
    return this.#host?.state() ?? LEARNING_OFF
  }

  /** Hosts and stories forgotten because a table was full. */
  forgotten(): number {
    const stories = (this.#attackStories?.forgotten ?? 0) + (this.#anomalyStories?.forgotten ?? 0)
    return this.#extractor.evictions + stories
  }

  #score(flow: LiveFlow): void {
    const attack = isTaught(flow) ? this.#attack : null
    const isOnePacket = flow.originatorPackets === 1 && flow.responderPackets === 0
    const slot = isOnePacket ? this.#cache.slotOf(this.#row) : -1
    if (slot >= 0 && this.#cache.holds(slot, this.#row)) {
      this.#scores.anomalyScore = this.#anomaly ? this.#cache.first(slot) : null
      this.#scores.attackScore = attack ? this.#cache.second(slot) : null
      return
    }
    const anomalyScore = this.#anomaly ? isolationScore(this.#anomaly, this.#row) : null
    const attackScore = attack
      ? attackShareTowards(attack.forest, this.#row, this.#attackThreshold)
      : null
    this.#scores.anomalyScore = anomalyScore
    this.#scores.attackScore = attackScore
    if (slot >= 0) this.#cache.put(slot, this.#row, anomalyScore ?? 0, attackScore ?? 0)
  }

  #putInForce(model: IsolationForestModel): void {
    this.#anomaly = model
    this.#cache.clear()
    // Stories of the model before end with what they had; a sudden quiet end would say nothing was found.
    this.#anomalyStories?.close(0, true)
    const rules = anomalyRules(model, this.#config.isolationForest)
    this.#anomalyStories = new StoryTable(rules, this.#options.emit)
  }
}

/**
 * Says whether the random forest has an opinion on such flows.
 *
 * It has seen too few ordinary pings to tell them from a sweep's: it gave them scores of 0.7. The rules know
 * what an ICMP sweep is.
 */
export function isTaught(flow: LiveFlow): boolean {
  return flow.protocol === IpProtocol.TCP || flow.protocol === IpProtocol.UDP
}

function storedRandomForest(models: StoredModels): RandomForestModel | null {
  if (models.randomForest === null) return null
  const model = parseModel(models.randomForest, 'the random forest')
  return model.kind === 'random-forest' ? model : null
}

function storedIsolationForest(models: StoredModels): IsolationForestModel | null {
  if (models.isolationForest === null) return null
  const model = parseModel(models.isolationForest, "this host's isolation forest")
  return model.kind === 'isolation-forest' ? model : null
}

function storedSample({ learningSample = null }: StoredModels): LearningSample | null {
  return learningSample === null ? null : parseSample(learningSample, 'the learning sample')
}
