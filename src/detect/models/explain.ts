/** Says why a forest scored a flow as it did: each feature's share of the score, as data and in words. */
import { FEATURES, FEATURE_COUNT, readableValue } from '../../feature/index.ts'
import type { Reason } from '../detection.ts'
import { addContributions } from './flat-forest.ts'
import type { Model } from './model.ts'

/**
 * Returns how much each feature moved the model's verdict on the row; positive is towards "attack" or
 * "unusual".
 *
 * Shape: one number a feature, in vector order; they sum to the distance of the row's mean tree output from
 * the trees' roots.
 */
export function contributions(model: Model, row: Float64Array): Float64Array {
  const out = new Float64Array(FEATURE_COUNT)
  addContributions(model.forest, row, out)
  // A short path is what makes a flow unusual; a vote is what makes it attack-like.
  const direction = model.kind === 'isolation-forest' ? -1 : 1
  const scale = direction / model.forest.roots.length
  return out.map((moved) => moved * scale)
}

/** The features that spoke most for the score, weightiest first, with their share of all that did. */
export function reasonsOf(model: Model, row: Float64Array, count = 4): Reason[] {
  const moved = contributions(model, row)
  const towards = [...moved.keys()].filter((feature) => moved[feature]! > 0)
  const total = towards.reduce((sum, feature) => sum + moved[feature]!, 0)
  return towards
    .sort((a, b) => moved[b]! - moved[a]!)
    .slice(0, count)
    .map((feature) => ({
      feature: FEATURES[feature]!.name,
      value: readableValue(FEATURES[feature]!, row[feature]!),
      baseline: readableValue(FEATURES[feature]!, model.baseline[feature]!),
      weight: Number((moved[feature]! / total).toFixed(3)),
    }))
}

/** Renders reasons as words: `originatorPorts60s 980 ports (usual 2)`. */
export function wordsOf(reasons: readonly Reason[]): string {
  return reasons
    .map((reason) => {
      const unit = FEATURES.find((feature) => feature.name === reason.feature)?.unit
      if (unit === 'yes/no')
        return `${reason.feature} ${yesNo(reason.value)} (usual ${yesNo(reason.baseline)})`
      return `${reason.feature} ${reason.value} ${unit ?? ''} (usual ${reason.baseline})`
    })
    .join(', ')
}

function yesNo(value: Reason['baseline']): string {
  return value === 1 ? 'yes' : 'no'
}
