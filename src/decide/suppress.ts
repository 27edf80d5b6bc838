/** Suppression: what is never to be seen. Unlike the allowlist, which only says who is never blocked. Pure. */
import type { Detection } from '../detect/detection.ts'
import { parseAddress } from '../net/address.ts'
import { cidrContains, parseCidr } from '../net/cidr.ts'
import { isKindOf } from './decide.ts'

/** What a suppression covers; each field that is not null narrows it. */
export interface SuppressionScope {
  readonly detector: string | null
  /** A kind, or the beginning of one up to a dot. */
  readonly kind: string | null
  /** Address or CIDR of the attacker, or of the host. */
  readonly address: string | null
  /** Address or CIDR that all victims lie in. */
  readonly victim: string | null
  /** The port the story is about; a story about several ports is never covered by one. */
  readonly port: number | null
  /** Command name or path of the local process. */
  readonly process: string | null
}

/** Says whether a detection is covered. What the agent says of itself (`health`) never is. */
export function isCovered(detection: Detection, scope: SuppressionScope): boolean {
  return (
    detection.family !== 'health' &&
    (scope.detector === null || scope.detector === detection.detector) &&
    (scope.kind === null || isKindOf(detection.kind, scope.kind)) &&
    (scope.address === null || isAbout(detection, scope.address)) &&
    (scope.victim === null || isAllWithin(detection.victims, scope.victim)) &&
    (scope.port === null || scope.port === (detection.port ?? null)) &&
    (scope.process === null || isBy(detection, scope.process))
  )
}

function isAbout({ attacker, host }: Detection, range: string): boolean {
  return [attacker, host].some((address) => address !== null && isWithin(address, range))
}

function isAllWithin(addresses: readonly string[], range: string): boolean {
  return addresses.length > 0 && addresses.every((address) => isWithin(address, range))
}

function isWithin(text: string, range: string): boolean {
  const address = parseAddress(text)
  const cidr = parseCidr(range)
  return address !== null && cidr !== null && cidrContains(cidr, address)
}

function isBy({ process }: Detection, name: string): boolean {
  return process?.command === name || process?.executable === name
}
