/** The Sigma rules, as the agent has them. */
import type { components } from '../../../openapi/contract.d.ts'
import type { Handler } from '../contract.ts'

/** Serves `listRules`. */
export function rulesHandler(
  rules: () => components['schemas']['RuleListing'],
): Handler<'listRules'> {
  return () => ({ status: 200, body: rules() })
}
