/** Audits what callers are refused, ten rows a minute: somebody who guesses must not fill the disk. */
import type { Clock } from '../../core/clock.ts'
import type { AuditEntry } from '../../record/audit-trail.ts'
import type { AuditTrail } from '../../record/record.ts'

const AUDIT_WINDOW_MS = 60_000
const AUDITED_PER_WINDOW = 10

/** Makes the function that audits a refusal, with how many before it were not written. */
export function createBoundedAudit(
  audit: AuditTrail,
  clock: Clock,
  auditFailed: (error: unknown) => void,
): (refusal: AuditEntry) => void {
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
    const details = { ...refusal.details, unwrittenBefore: unwritten }
    unwritten = 0
    audit.append({ ...refusal, details }).catch(auditFailed)
  }
}
