/** Looks whether the policy's rules name what can be told: by a detector, or by a Sigma rule that is in force. */
import { unknownSubjects, type ToldNames } from '../decide/index.ts'
import { detectorOfRule, DETECTORS, KINDS } from '../detect/detection.ts'
import { compileRules, readRules, rulesOf } from '../detect/index.ts'
import type { Config } from './schema.ts'

const OWN: ToldNames = { detectors: DETECTORS, kinds: KINDS }

/**
 * Names what the rules of `policy.blockWhen` ask for and nothing tells. No fault of the configuration: a rule may be
 * written before what it blocks for.
 *
 * Cost: the Sigma rules are read where a name is none of Picket's own.
 */
export function unknownPolicyNames(
  { policy, detect }: Pick<Config, 'policy' | 'detect'>,
  directory: string,
): readonly string[] {
  if (unknownSubjects(policy, OWN).length === 0) return []
  return unknownSubjects(policy, toldBy({ detect }, directory)).map((fault) => `policy.${fault}`)
}

/** What is told of by the detectors, and by the Sigma rules that are in force; reads the latter. */
export function toldBy(
  { detect: { sigma } }: Pick<Config, 'detect'>,
  directory: string,
): ToldNames {
  const book = compileRules(sigma.enabled ? readRules(sigma, directory).texts : [], {
    disabled: sigma.disabled,
    placeholders: sigma.placeholders,
  })
  const rules = rulesOf(book)
  return {
    detectors: [...DETECTORS, ...rules.map(({ key }) => detectorOfRule(key))],
    kinds: [...KINDS, ...rules.map(({ kind }) => kind)],
  }
}
