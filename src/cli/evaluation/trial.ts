/** One labelled capture through the whole sensor, alone or merged into ordinary traffic, nothing stored. */
import { openPcapFile } from '../../capture/index.ts'
import type { CaptureEnd, Frame } from '../../capture/source.ts'
import type { Config } from '../../config/index.ts'
import { systemClock } from '../../core/clock.ts'
import { fixSeeds } from '../../core/hash-seeds.ts'
import { PicketError } from '../../core/errors.ts'
import { decide, policyFromConfig } from '../../decide/index.ts'
import type { Detection, RuleText } from '../../detect/index.ts'
import type { StoredModels } from '../../detect/models/index.ts'
import { EventFolder, IncidentBook } from '../../record/index.ts'
import { createSensor, type Sensor } from '../../sensor/sensor.ts'
import { judgeOf, type Claim, type FirstAlert, type LabelledCapture, type TrialFacts } from '../../train/index.ts' // prettier-ignore
import { mergeCaptures } from './merged-captures.ts'

/** A capture floods us with stories only if a detector is at fault; it must not fill the memory. */
const MAX_CLAIMS = 10_000
/** Longer gaps are those of captures glued together, not of a host that was watched. */
const LONGEST_GAP_US = 3600e6
/** The same hashes and sketches in every run. */
const SEED = 1

export interface TrialOptions {
  readonly config: Config
  readonly models: StoredModels
  /** Sigma rules, as texts; absent for none. */
  readonly rules?: readonly RuleText[]
}

/**
 * Replays a capture and notes its events as they stood in the end, and when the first right alert came.
 *
 * Shape: `host` is the benign capture it is merged into, null for the capture alone.
 * Errors: never throws for a capture that cannot be read: that is the `fault`.
 */
export async function runTrial(
  capture: LabelledCapture,
  host: LabelledCapture | null,
  options: TrialOptions,
): Promise<TrialFacts> {
  const trial = new Trial(capture, options)
  let end: CaptureEnd
  try {
    end = await (host === null
      ? openPcapFile(capture.path).run((frame) => trial.frame(frame, true))
      : mergeCaptures(host.path, capture.path, (frame, isOwn) => trial.frame(frame, isOwn)))
  } catch (error) {
    if (!(error instanceof PicketError)) throw error
    return trial.facts(error.message)
  }
  trial.end()
  return trial.facts(faultOf(end))
}

class Trial {
  readonly #sensor: Sensor
  readonly #claims = new Map<string, Claim>()
  #claimsLeftOut = 0
  #firstAlert: FirstAlert | null = null
  #packets = 0
  #firstUs = Number.NaN
  #lastUs = Number.NaN
  #coveredUs = 0
  #isAtEnd = false

  constructor({ truth }: LabelledCapture, { config, models, rules = [] }: TrialOptions) {
    const { judge } = judgeOf(truth)
    const policy = policyFromConfig({ ...config.policy, mode: 'alert' })
    const { foldSeconds, incidentQuietHours } = config.policy
    const incidents = new IncidentBook(incidentQuietHours * 3600)
    const folder = new EventFolder({
      ...{ agentId: 'evaluation', foldSeconds, clock: systemClock, incidents },
    })
    fixSeeds()
    this.#sensor = createSensor({
      flow: config.flow,
      detect: config.detect,
      models,
      rules,
      seed: SEED,
      flows: null,
      flowsPerStory: null,
      onDetection: (detection) => {
        const { event } = folder.fold(
          detection,
          decide(detection, policy, detection.lastSeenUs / 1000),
          truth.name,
        )
        this.#keep(event.id, event)
        // What is told before the attack has begun is of the traffic that it was merged into.
        const isBegun = truth.kind !== 'benign' && this.#packets > 0
        if (isBegun && judge(detection).namesParty) this.#noteFirst(detection)
      },
      onModelLearned: () => undefined,
    })
  }

  /** `isOwn`: of the capture on trial, not of the traffic it was merged into. */
  frame(frame: Frame, isOwn: boolean): void {
    const { timestampUs } = frame
    if (isOwn) {
      if (this.#packets === 0) this.#firstUs = timestampUs
      this.#packets += 1
    }
    const gapUs = timestampUs - this.#lastUs
    if (gapUs > 0 && gapUs < LONGEST_GAP_US) this.#coveredUs += gapUs
    this.#lastUs = timestampUs
    this.#sensor.frame(frame)
  }

  end(): void {
    this.#isAtEnd = true
    this.#sensor.end()
  }

  facts(fault: string | null): TrialFacts {
    return {
      claims: [...this.#claims.values()],
      claimsLeftOut: this.#claimsLeftOut,
      firstAlert: this.#firstAlert,
      packets: this.#packets,
      flows: this.#sensor.statistics().openedFlows,
      coveredSeconds: this.#coveredUs / 1e6,
      fault,
    }
  }

  #keep(id: string, event: Claim): void {
    if (!this.#claims.has(id) && this.#claims.size >= MAX_CLAIMS) {
      this.#claimsLeftOut += 1
      return
    }
    const { kind, family, severity, attacker, victims, host, domain, summary } = event
    this.#claims.set(id, { kind, family, severity, attacker, victims, host, domain, summary })
  }

  #noteFirst({ kind }: Detection): void {
    this.#firstAlert ??= {
      kind,
      seconds: Math.max(0, (this.#lastUs - this.#firstUs) / 1e6),
      packets: this.#packets,
      isAtEnd: this.#isAtEnd,
    }
  }
}

function faultOf(end: CaptureEnd): string | null {
  if (end.kind === 'complete') return null
  if (end.kind === 'stopped') return 'not read to its end'
  return end.kind === 'failed' ? end.reason : `damaged at byte ${end.byteOffset}: ${end.reason}`
}
