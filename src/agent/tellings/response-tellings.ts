/** What the response has to say of itself, as events: somebody was at the firewall, the breaker has opened. */
import type { Kind } from '../../detect/detection.ts'
import type { Clock } from '../../core/clock.ts'
import type { Detection } from '../../detect/index.ts'
import { healthDetection } from '../../health/index.ts'

/** Worth a look soon, and no alarm: docker and ufw do it in earnest. */
const REPAIRED_SEVERITY = 5
/** Wakes somebody up: until they look, nothing is blocked. */
const BREAKER_SEVERITY = 7
const MAX_WAITING = 100

/** Makes detections of it; what is told before somebody listens waits. */
export class ResponseTellings {
  readonly #clock: Clock
  readonly #waiting: Detection[] = []
  #tell: ((detection: Detection) => void) | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  tellTo(tell: (detection: Detection) => void): void {
    this.#tell = tell
    for (const detection of this.#waiting.splice(0)) tell(detection)
  }

  firewallRepaired(repaired: readonly string[]): void {
    const summary = `somebody changed the firewall, and it was put right: ${repaired.join('; ')}`
    this.#say('health.firewall-changed', REPAIRED_SEVERITY, summary, { repairs: repaired.length })
  }

  breakerOpened(maxBlocksPerMinute: number, untilMs: number): void {
    const until = new Date(untilMs).toISOString()
    const summary = `more than ${maxBlocksPerMinute} automatic blocks in a minute: policy only alerts until ${until}`
    this.#say('health.block-breaker', BREAKER_SEVERITY, summary, { maxBlocksPerMinute, until })
  }

  #say(
    kind: Kind,
    severity: number,
    summary: string,
    measured: Readonly<Record<string, number | string>>,
  ): void {
    const nowMs = this.#clock.nowMs()
    const times = { fromMs: nowMs, untilMs: nowMs, count: 1 }
    const detection = healthDetection({
      kind,
      severity,
      summary,
      measured,
      ...times,
      isFinal: true,
    })
    if (this.#tell !== null) this.#tell(detection)
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(detection)
  }
}
