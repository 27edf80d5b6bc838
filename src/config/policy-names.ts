/** Looks whether the policy's rules name what can be told: by a detector, or by a Sigma rule that is in force. */
import { BUILT_NAMES, builtReadings } from '../core/built-readings.ts'
import { unknownSubjects, type ToldNames } from '../decide/index.ts'
import { detectorOfRule } from '../detect/detection.ts'
import { compileRules, readRules, rulesOf } from '../detect/index.ts'
import type { Config } from './schema.ts'

/**
 * Names what the rules of `policy.blockWhen` ask for and nothing tells. No fault of the configuration: a rule may be
 * written before what it blocks for.
 *
 * Cost: the Sigma rules are read where a name is none of Picket's own. Nothing is said where Picket was compiled by hand.
 */
export function unknownPolicyNames(
  { policy, detect }: Pick<Config, 'policy' | 'detect'>,
  directory: string,
): readonly string[] {
  const own = ownNames()
  if (own === null || unknownSubjects(policy, own).length === 0) return []
  const { sigma } = detect
  const book = compileRules(sigma.enabled ? readRules(sigma, directory).texts : [], {
    disabled: sigma.disabled,
    placeholders: sigma.placeholders,
  })
  const rules = rulesOf(book)
  const told: ToldNames = {
    ...own,
    detectors: [...own.detectors, ...rules.map(({ key }) => detectorOfRule(key))],
    kinds: [...own.kinds, ...rules.map(({ kind }) => kind)],
  }
  return unknownSubjects(policy, told).map((fault) => `policy.${fault}`)
}

function ownNames(): ToldNames | null {
  const built = builtReadings<readonly string[]>(BUILT_NAMES)
  const [detectors, kinds, openKinds] = [
    built.get('detectors'),
    built.get('kinds'),
    built.get('open'),
  ]
  if (detectors === undefined || kinds === undefined || openKinds === undefined) return null
  return { detectors, kinds, openKinds }
}
