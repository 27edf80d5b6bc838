/** The host's own model through its life: learned once, retrained quietly, held where a guard objects. */
import type { IsolationForestConfig } from '../config.ts'
import type { IsolationForestModel } from '../model.ts'
import { Baseline, learnModel } from './baseline.ts'
import { freezeReference, judgeCandidate } from './guard.ts'
import type { LearningSample } from './learning-sample.ts'

const HOUR_US = 3600e6
/** Fewer flows say nothing about a share of one in a thousand. */
const FLOWS_FOR_DRIFT = 5000

export interface LearningState {
  readonly state: 'off' | 'learning' | 'scoring'
  /** 0–1 while learning, 1 when scoring. */
  readonly progress: number
  /** Counts the models that came into force on this host; null while there is none. */
  readonly version: number | null
  /** How many times as many flows as expected have been unusual since the model came into force; null until it is known. */
  readonly drift: number | null
  /** Why the last retrained model was not put in force; null where none was held. */
  readonly held: string | null
}

export const LEARNING_OFF: LearningState = {
  state: 'off',
  progress: 0,
  version: null,
  drift: null,
  held: null,
}

/**
 * Learns what is usual, and learns it anew after every `retrainHours` of traffic.
 *
 * Cost: one random draw a flow and 300 bytes for each one kept; growing a model takes 0.1 s, in `tick`.
 */
export class HostModel {
  readonly #config: IsolationForestConfig
  readonly #seed: number
  #model: IsolationForestModel | null
  #sample: Baseline
  /** Of the present sample, in packet time; unknown until a flow came. */
  #sinceUs: number | null = null
  #offered = 0
  #unusual = 0
  #held: string | null = null

  /** `sample` is what an earlier run had gathered; one that was gathered beside another model is left alone. */
  constructor(
    config: IsolationForestConfig,
    seed: number,
    stored: IsolationForestModel | null,
    sample: LearningSample | null = null,
  ) {
    this.#config = config
    this.#seed = seed
    this.#model = stored
    const kept = sample?.modelVersion === (stored?.version ?? 0) ? sample : null
    this.#sample = new Baseline(config.baselineFlows, seed, kept ?? undefined)
    this.#sinceUs = kept?.sinceUs ?? null
  }

  /** The model in force. */
  get model(): IsolationForestModel | null {
    return this.#model
  }

  /**
   * Takes a flow that nobody suspects; `score` is what the model in force says of it, null without one.
   *
   * The strongly unusual are counted, not learned: one odd evening must not become the usual.
   */
  offer(row: Float64Array, timeUs: number, score: number | null): void {
    const model = this.#model
    this.#sinceUs ??= timeUs
    if (model !== null && score !== null) {
      this.#offered += 1
      if (score >= model.threshold) this.#unusual += 1
      if (this.#config.retrainHours === 0 || score >= model.strongThreshold) return
    }
    this.#sample.offer(row, timeUs)
  }

  /** Grows a model when its time has come; returns it when it comes into force. */
  tick(nowUs: number): IsolationForestModel | null {
    if (this.#model === null) return this.#progress() >= 1 ? this.#learnFirst(nowUs) : null
    return this.#isRetrainingDue(nowUs) ? this.#retrain(this.#model, nowUs) : null
  }

  /** What has been gathered for the next model; null where nothing has. */
  sample(): LearningSample | null {
    if (this.#sample.seen === 0) return null
    const { version } = this.#model ?? { version: 0 }
    return { modelVersion: version, sinceUs: this.#sinceUs, ...this.#sample.kept() }
  }

  state(): LearningState {
    const isScoring = this.#model !== null
    return {
      state: isScoring ? 'scoring' : 'learning',
      progress: isScoring ? 1 : this.#progress(),
      version: this.#model?.version ?? null,
      drift: this.#drift(),
      held: this.#held,
    }
  }

  #progress(): number {
    const { minimumFlows, minimumMinutes } = this.#config
    const byFlows = this.#sample.seen / minimumFlows
    const byTime = minimumMinutes === 0 ? 1 : this.#sample.minutes / minimumMinutes
    return Math.min(1, byFlows, byTime)
  }

  #drift(): number | null {
    if (this.#model === null || this.#offered < FLOWS_FOR_DRIFT) return null
    const expected = Math.max(1e-4, 1 - this.#config.quantile)
    return Number((this.#unusual / this.#offered / expected).toFixed(1))
  }

  #isRetrainingDue(nowUs: number): boolean {
    const { retrainHours, minimumFlows } = this.#config
    if (retrainHours === 0 || this.#sinceUs === null) return false
    // A clock that jumped back (a capture glued together) begins the wait anew.
    if (nowUs < this.#sinceUs) this.#sinceUs = nowUs
    return nowUs - this.#sinceUs >= retrainHours * HOUR_US && this.#sample.seen >= minimumFlows
  }

  #learnFirst(nowUs: number): IsolationForestModel {
    const rows = this.#sample.rows()
    const grown = learnModel(rows, this.#config, this.#facts(nowUs, 1))
    return this.#putInForce({ ...grown, reference: freezeReference(rows, grown, this.#seed) })
  }

  #retrain(before: IsolationForestModel, nowUs: number): IsolationForestModel | null {
    const facts = this.#facts(nowUs, before.version + 1)
    const grown = learnModel(this.#sample.rows(), this.#config, facts)
    const candidate = { ...grown, reference: before.reference }
    const { reason } = judgeCandidate(candidate, before.reference)
    this.#held =
      reason === null ? null : `model ${candidate.version} was not put in force: ${reason}`
    this.#beginSample()
    return reason === null ? this.#putInForce(candidate) : null
  }

  #putInForce(model: IsolationForestModel): IsolationForestModel {
    this.#model = model
    this.#beginSample()
    this.#offered = 0
    this.#unusual = 0
    return model
  }

  #beginSample(): void {
    this.#sample = new Baseline(this.#config.baselineFlows, this.#seed + this.#offered)
    this.#sinceUs = null
  }

  #facts(nowUs: number, version: number): { seed: number; learnedAtUs: number; version: number } {
    return { seed: this.#seed + version - 1, learnedAtUs: Math.max(0, Math.floor(nowUs)), version }
  }
}
