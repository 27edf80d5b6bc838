/** Guessing at the API's tokens as a detection: who watches the host is told when somebody tries its door. */
import type { Detection } from '../../detect/detection.ts'
import type { LoginAttack } from './login-guard.ts'

/** Makes the detection `bruteforce.api`; `limit` is what was allowed in a minute. */
export function loginDetection(attack: LoginAttack, limit: number): Detection {
  const { id, address, localAddress, localPort, failures, firstMs, lastMs } = attack
  const seconds = Math.max(1, Math.round((lastMs - firstMs) / 1000))
  const where = localAddress === null ? '' : ` on ${localAddress}`
  return {
    id,
    detector: 'api-logins',
    kind: 'bruteforce.api',
    family: 'bruteforce',
    severity: 6,
    confidence: 0.95,
    attacker: address,
    victims: localAddress === null ? [] : [localAddress],
    host: null,
    domain: null,
    firstSeenUs: firstMs * 1000,
    lastSeenUs: lastMs * 1000,
    count: failures,
    summary: `${address} failed ${failures} logins at Picket's API${where} in ${seconds} s`,
    reasons: [{ feature: 'failedApiLogins', value: failures, baseline: limit, weight: 1 }],
    mitre: ['T1110'],
    flows: [],
    port: localPort,
    isFinal: false,
  }
}
