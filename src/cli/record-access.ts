/** How commands open the record when they speak to it without the agent. */
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../core/clock.ts'
import { PicketError } from '../core/errors.ts'
import { silentLog } from '../core/log/log.ts'
import { openRecord } from '../record/index.ts'
import type { AuditEntry } from '../record/logs/audit-trail.ts'
import type { EventRecord } from '../record/record.ts'
import type { CommandContext } from './context.ts'

/** Opens the record for reading. Errors: `ERR_RECORD_OPEN`, also when nothing has been recorded here yet. */
export function openRecordForReading(context: CommandContext): Promise<EventRecord> {
  const { directory, config } = context
  if (!existsSync(join(directory, 'picket.db'))) {
    throw new PicketError('ERR_RECORD_OPEN', `nothing has been recorded in ${directory} yet`, {
      hint: `${context.program} start runs the agent, ${context.program} replay FILE reads a capture; another folder is named with --data-dir`,
    })
  }
  const [clock, log] = [systemClock, silentLog]
  return openRecord({ directory, clock, log, config: config.record, mode: 'read' })
}

/** Opens the record for writing, beside a running agent too; it is made where there is none. */
export function openRecordForWriting({ directory, config }: CommandContext): Promise<EventRecord> {
  const [clock, log] = [systemClock, silentLog]
  return openRecord({ directory, clock, log, config: config.record, mode: 'write' })
}

/** Who gives a command, as the audit trail names them. */
export const localActor = (): string => `local:${userInfo().uid}`

/** Writes down what a command has changed outside the record, such as a model. */
export async function auditCommand(
  context: CommandContext,
  { action, subject, details }: Pick<AuditEntry, 'action' | 'subject' | 'details'>,
): Promise<void> {
  const record = await openRecordForWriting(context)
  try {
    await record.audit.append({ actor: localActor(), action, subject, details })
  } finally {
    await record.close()
  }
}
