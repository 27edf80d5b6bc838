/** Audits refused logins, ten a minute: somebody who guesses tokens must not fill the disk. */
import type { Clock } from '../../core/clock.ts'
import { Ration } from '../../core/ration.ts'
import type { AuditTrail } from '../../record/record.ts'

const AUDITED_PER_MINUTE = 10

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
  const ration = new Ration(AUDITED_PER_MINUTE)
  return ({ id, reason, address }) => {
    const unwrittenBefore = ration.admit(clock.nowMs())
    if (unwrittenBefore === null) return
    const details = { reason, address, unwrittenBefore }
    audit
      .append({ actor: 'agent', action: 'login.refused', subject: id ?? 'unknown', details })
      .catch(auditFailed)
  }
}
