/** Rules tried on a capture, by the sensor's own stages: nothing is recorded, and no forest is asked. */
import type { CaptureEnd, CaptureSource } from '../../capture/source.ts'
import type { Config } from '../../config/index.ts'
import { ruleOfDetector } from '../../detect/detection.ts'
import type { Detection, RuleText } from '../../detect/index.ts'
import { createSensor } from '../sensor.ts'

/** What rules have told of a capture. */
export interface TriedRules {
  readonly end: CaptureEnd
  /** The rules' stories as they stood in the end. */
  readonly stories: readonly Detection[]
  /** How often each rule has held, by name: those too that are only counted by correlations. */
  readonly hits: Readonly<Record<string, number>>
}

/** Reads the source to its end. Errors: as the source's `run`. */
export async function tryRules(
  rules: readonly RuleText[],
  { flow, detect }: Pick<Config, 'flow' | 'detect'>,
  source: CaptureSource,
): Promise<TriedRules> {
  const stories = new Map<string, Detection>()
  const sensor = createSensor({
    ...{ flow, rules, flows: null, flowsPerStory: null },
    detect: { ...detect, sigma: { ...detect.sigma, enabled: true } },
    models: { isolationForest: null, randomForest: null },
    onDetection(detection) {
      if (ruleOfDetector(detection.detector) !== null) stories.set(detection.id, detection)
    },
    onModelLearned: () => undefined,
  })
  const end = await source.run((frame) => sensor.frame(frame))
  sensor.end()
  return { end, stories: [...stories.values()], hits: sensor.statistics().ruleHits }
}
