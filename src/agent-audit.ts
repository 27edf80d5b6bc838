/** What the agent does by itself, as rows of the audit trail: what it loads, starts, loses and ends. */
import type { Log } from './core/log.ts'
import type { FeedStatus } from './detect/intel/index.ts'
import type { EventRecord } from './record/record.ts'

/** Writes a row, after those asked for before; that it could not be written is logged, and stops nothing. */
export type Audit = (
  action: string,
  subject: string,
  details?: Readonly<Record<string, unknown>>,
) => void

export function agentAudit(
  record: { readonly audit: Pick<EventRecord['audit'], 'append'> },
  log: Log,
): Audit {
  return (action, subject, details = {}) => {
    record.audit.append({ actor: 'agent', action, subject, details }).catch((error: unknown) => {
      log.error('a change could not be audited', { action, subject, reason: String(error) })
    })
  }
}

/** Makes a function that tells of each feed whose content is another than when it was last called. */
export function feedAuditor(audit: Audit): (feeds: readonly FeedStatus[]) => void {
  const told = new Map<string, number | null>()
  return (feeds) => {
    for (const { name, source, reading, givenAtMs } of feeds) {
      if (reading === null || told.get(name) === givenAtMs) continue
      told.set(name, givenAtMs)
      const { counts, refused } = reading
      audit('feed.loaded', name, { source, counts, refused, givenAtMs })
    }
  }
}
