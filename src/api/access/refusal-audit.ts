/** Audits refused logins, ten a minute: somebody who guesses tokens must not fill the disk. */
import type { Clock } from '../../core/clock.ts'
import type { AuditTrail } from '../../record/record.ts'

const AUDIT_WINDOW_MS = 60_000
const AUDITED_PER_WINDOW = 10

export interface Refusal {
  /** The public part of the token, where it has the form of one. */
  readonly id: string | null
  readonly reason: string
  readonly address: string | null
}

/** Makes the function that audits a refusal, with how many before it were not written. */
export function createRefusalAudit(
  audit: AuditTrail,
  clock: Clock,
  auditFailed: (error: unknown) => void,
): (refusal: Refusal) => void {
  let windowStartMs = Number.NEGATIVE_INFINITY
  let written = 0
  let unwritten = 0
  return (refusal) => {
    const nowMs = clock.nowMs()
    if (nowMs - windowStartMs >= AUDIT_WINDOW_MS) {
      windowStartMs = nowMs
      written = 0
    }
    if (written >= AUDITED_PER_WINDOW) {
      unwritten += 1
      return
    }
    written += 1
    const { id, reason, address } = refusal
    const details = { reason, address, unwrittenBefore: unwritten }
    unwritten = 0
    audit
      .append({ actor: 'agent', action: 'login.refused', subject: id ?? 'unknown', details })
      .catch(auditFailed)
  }
}
