/** Audits what callers are refused, ten rows a minute: somebody who guesses must not fill the disk. */
import type { Clock } from '../../core/clock.ts'
import { Ration } from '../../core/ration.ts'
import type { AuditEntry } from '../../record/logs/audit-trail.ts'
import type { AuditTrail } from '../../record/record.ts'

const AUDITED_PER_MINUTE = 10

/** Makes the function that audits a refusal, with how many before it were not written. */
export function createBoundedAudit(
  audit: AuditTrail,
  clock: Clock,
  auditFailed: (error: unknown) => void,
): (refusal: AuditEntry) => void {
  const ration = new Ration(AUDITED_PER_MINUTE)
  return (refusal) => {
    const unwrittenBefore = ration.admit(clock.nowMs())
    if (unwrittenBefore === null) return
    const details = { ...refusal.details, unwrittenBefore }
    audit.append({ ...refusal, details }).catch(auditFailed)
  }
}
