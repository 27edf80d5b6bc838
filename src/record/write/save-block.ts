/** Writes a block and the audit row that tells of it, both or neither. */
import { parseCidr } from '../../net/cidr.ts'
import { PicketError } from '../../core/errors.ts'
import { keyRange } from '../sqlite/address-key.ts'
import { appendAudit } from '../sqlite/audit-chain.ts'
import { inTransaction, type Connection } from '../sqlite/connection.ts'
import type { WriterCalls } from './calls.ts'

/** Prepares the writing of blocks. */
export function blockSaver(
  connection: Connection,
): (input: WriterCalls['saveBlock']['input']) => null {
  const upsert = connection.prepare(UPSERT_BLOCK)
  return ({ block, audit, atMs }) => {
    const target = parseCidr(block.target)
    if (target === null) {
      throw new PicketError('ERR_RECORD_WRITE', `block target ${block.target} is not an address`)
    }
    const { first, last } = keyRange(target)
    return inTransaction(connection, 'FULL', () => {
      upsert.run({ ...block, first, last })
      appendAudit(connection, audit, atMs)
      return null
    })
  }
}

const UPSERT_BLOCK = `
INSERT INTO blocks (id, target, target_first, target_last, state, created_at_ms, expires_at_ms,
  lifted_at_ms, reason, source, ordered_by, event_id, failure)
VALUES (@id, @target, @first, @last, @state, @createdAtMs, @expiresAtMs,
  @liftedAtMs, @reason, @source, @orderedBy, @eventId, @failure)
ON CONFLICT (id) DO UPDATE SET target = excluded.target, target_first = excluded.target_first,
  target_last = excluded.target_last, state = excluded.state,
  created_at_ms = excluded.created_at_ms, expires_at_ms = excluded.expires_at_ms,
  lifted_at_ms = excluded.lifted_at_ms, reason = excluded.reason, source = excluded.source,
  ordered_by = excluded.ordered_by, event_id = excluded.event_id, failure = excluded.failure`
