/** When flagged flows of a host are worth an event, and what the event says. */
import type { Detection } from '../../detection.ts'
import type { IsolationForestConfig, RandomForestConfig } from '../config.ts'
import { reasonsOf, wordsOf } from '../explain.ts'
import type { HostStory } from './host-story.ts'
import { calibrated, type IsolationForestModel, type RandomForestModel } from '../model.ts'
import type { StoryRules } from './story-table.ts'

const MINUTE_US = 60e6
const HOUR_US = 3600e6

/**
 * Many attack-like flows of one host within a minute, and hardly any other: notable, severity 3.
 *
 * A lone vote says nothing: at one false flow in a thousand a busy host would raise an event a minute. Nor is it
 * an alert in numbers: on captures it never saw the forest alone finds scans and sweeps, which the rules find
 * too, and of ordinary traffic it has seen too little to wake anybody (see deploy/models/random-forest.md).
 */
export function attackRules(model: RandomForestModel, config: RandomForestConfig): StoryRules {
  return {
    windowUs: MINUTE_US,
    startsAt: Math.min(5, config.minimumFlows),
    tellingsPerMinute: 60,
    tell(story, address) {
      const isEnough =
        story.windowFlagged >= config.minimumFlows &&
        story.windowFlagged >= config.minimumShare * story.windowFlows
      if (!isEnough && story.told === null) return null
      const reasons = reasonsOf(model, story.bestRow)
      return {
        ...story.facts(),
        detector: 'random-forest',
        kind: 'anomaly.attack-like',
        family: 'anomaly',
        severity: 3,
        confidence: rounded(Math.min(0.9, calibrated(model, story.meanScore))),
        attacker: address,
        host: null,
        domain: null,
        summary: `${story.count} flows of ${address} look like known attacks: ${wordsOf(reasons)}`,
        reasons,
        mitre: [],
        isFinal: false,
      }
    },
  }
}

/**
 * Flows unlike this host's past: notable only (severity 2, 3 when they come in numbers); 4 and 5 only for
 * many strongly unusual flows of one host within five minutes, by a model that is a day old.
 */
export function anomalyRules(
  model: IsolationForestModel,
  config: IsolationForestConfig,
): StoryRules {
  return {
    windowUs: 5 * MINUTE_US,
    startsAt: 1,
    tellingsPerMinute: 20,
    tell(story, address) {
      const reasons = reasonsOf(model, story.bestRow)
      const score = rounded(story.bestScore)
      const flows = story.count === 1 ? 'a flow' : `${story.count} flows`
      return {
        ...story.facts(),
        detector: 'isolation-forest',
        kind: 'anomaly.flow',
        family: 'anomaly',
        severity: Math.max(story.told?.severity ?? 0, anomalySeverity(story, model, config)),
        confidence: anomalyConfidence(story, model),
        // Unusual is not hostile: nobody is accused, so nobody can be blocked for it.
        attacker: null,
        host: address,
        domain: null,
        summary: `${flows} of ${address} unlike this host's past (score ${score}, usual below ${rounded(model.threshold)}): ${wordsOf(reasons)}`,
        reasons,
        mitre: [],
        isFinal: false,
      }
    },
  }
}

function anomalySeverity(
  story: HostStory,
  model: IsolationForestModel,
  config: IsolationForestConfig,
): Detection['severity'] {
  const isMature = story.lastSeenUs - model.learnedAtUs >= config.matureHours * HOUR_US
  if (isMature && story.windowStrong >= 4 * config.strongFlows) return 5
  if (isMature && story.windowStrong >= config.strongFlows) return 4
  return story.windowFlagged >= 5 ? 3 : 2
}

/** 0.3 at the threshold, 0.8 at most: how far the best score lies beyond it. */
function anomalyConfidence(story: HostStory, model: IsolationForestModel): number {
  const beyond = (story.bestScore - model.threshold) / Math.max(1e-6, 1 - model.threshold)
  return rounded(0.3 + 0.5 * Math.min(1, Math.max(0, beyond)))
}

function rounded(value: number): number {
  return Number(value.toFixed(3))
}
