/** The Elastic Common Schema's four words for what an event is: kind, category, type (legal ones alone). */
import type { Event } from '../../record/event.ts'

/** Categories beside these are only for families whose claim they fit. */
const BASE = ['intrusion_detection', 'network']
const MORE: Partial<Record<Event['family'], readonly string[]>> = {
  bruteforce: ['authentication'],
  c2: ['malware'],
  web: ['web'],
}

/** Returns `event.kind`: measures of the host, news of the agent, what policy let pass, or an alert. */
export function ecsKind(event: Event): 'alert' | 'event' | 'metric' {
  const { family, kind, verdict, selfTest } = event
  if (kind === 'health.host') return 'metric'
  const isNoAlert = family === 'health' || verdict === 'allow' || selfTest !== undefined
  return isNoAlert ? 'event' : 'alert'
}

/** Returns `event.category`. */
export function ecsCategories(family: Event['family']): readonly string[] {
  return family === 'health' ? ['host'] : [...BASE, ...(MORE[family] ?? [])]
}

/** Returns `event.type`: `denied` only where the firewall was really told. */
export function ecsType({ family, verdict, simulated }: Event): readonly string[] {
  if (family === 'health') return ['info']
  if (verdict === 'block' && !simulated) return ['denied']
  return [verdict === 'allow' ? 'allowed' : 'info']
}
