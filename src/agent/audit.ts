/** What the agent does by itself, as rows of the audit trail: what it loads, starts, loses and ends. */
import { configFingerprint, type Config } from '../config/index.ts'
import { systemClock as clock } from '../core/clock.ts'
import type { Log } from '../core/log/log.ts'
import { VERSION } from '../core/files/package-root.ts'
import type { FeedStatus } from '../detect/intel/index.ts'
import { openRecord } from '../record/index.ts'
import type { EventRecord } from '../record/record.ts'

/** Writes a row, after those asked for before; that it could not be written is logged, and stops nothing. */
export type Audit = (
  action: string,
  subject: string,
  details?: Readonly<Record<string, unknown>>,
) => void

/** Gives what writes down the agent's own doings; one that cannot be written is logged, and the agent goes on. */
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

/**
 * Opens the agent's record; its first rows say what was started, with which configuration.
 *
 * Errors: `ERR_RECORD_…` as `openRecord`; the record is closed again where the rows could not be written.
 */
export async function openAuditedRecord(
  options: { readonly config: Config; readonly directory: string; readonly log: Log },
  interfaces: readonly string[],
): Promise<EventRecord> {
  const { config, directory, log } = options
  const access = { mode: 'write', isAgent: true } as const
  const record = await openRecord({ directory, clock, log, config: config.record, ...access })
  try {
    await auditRun(record, 'agent.started', { version: VERSION, interfaces })
    await auditRun(record, 'config.loaded', { sha256: configFingerprint(config) })
  } catch (error) {
    await record.close()
    throw error
  }
  return record
}

/** Writes what the agent as a whole does or refuses. Rejects where it could not be written. */
export async function auditRun(
  record: EventRecord,
  action: 'agent.started' | 'agent.stopped' | 'config.loaded' | 'config.refused',
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await record.audit.append({ actor: 'agent', action, subject: 'agent', details })
}
