/** detect/rules/web: web servers are attacked, or searched for holes. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { SessionReuse } from './session-reuse.ts'
import { WebAttacks } from './web-attacks.ts'
import { WebScanner } from './web-scanner.ts'

/** Makes the detectors of web attacks that the configuration enables. */
export function createWebDetectors(
  { webAttacks, webScanner, sessionReuse }: DetectConfig,
  emit: Emit,
): Detector[] {
  return [
    ...(webAttacks.enabled ? [new WebAttacks(webAttacks, emit)] : []),
    ...(webScanner.enabled ? [new WebScanner(webScanner, emit)] : []),
    ...(sessionReuse.enabled ? [new SessionReuse(sessionReuse, emit)] : []),
  ]
}
