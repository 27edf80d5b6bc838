/** Writes blocks and the audit rows that tell of them, all or none. */
import { parseCidr } from '../../../net/cidr.ts'
import { formatPortRange } from '../../../net/port-range.ts'
import { PicketError } from '../../../core/errors.ts'
import type { Block } from '../../logs/block-log.ts'
import { keyRange } from '../../sqlite/address-key.ts'
import { appendAudit } from '../../sqlite/audit-chain.ts'
import { inTransaction, type Connection } from '../../sqlite/connection.ts'
import type { Saver, WriterCalls } from '../calls.ts'

/** Prepares the writing of blocks. */
export function blockSaver(connection: Connection): Saver<'saveBlocks'> {
  const upsert = connection.prepare(UPSERT_BLOCK)
  return ({ changes, atMs }) =>
    inTransaction(connection, durabilityOf(changes), () => {
      for (const { block, audit } of changes) {
        upsert.run(rowOf(block))
        appendAudit(connection, audit, atMs)
      }
      return null
    })
}

/**
 * An order is on the disk before it is enforced. That it was enforced need not be: a power cut that takes it back
 * leaves an order, which the next start enforces again.
 */
function durabilityOf(changes: WriterCalls['saveBlocks']['input']['changes']): 'FULL' | 'NORMAL' {
  return changes.every(({ audit }) => audit.action === 'block.enforced') ? 'NORMAL' : 'FULL'
}

function rowOf(block: Block): Record<string, unknown> {
  const target = parseCidr(block.target)
  if (target === null) {
    throw new PicketError('ERR_RECORD_WRITE', `block target ${block.target} is not an address`)
  }
  const ports = JSON.stringify(block.ports.map(formatPortRange))
  return { ...block, ...keyRange(target), ports }
}

const UPSERT_BLOCK = `
INSERT INTO blocks (id, target, target_first, target_last, direction, protocol, ports, state,
  created_at_ms, expires_at_ms, lifted_at_ms, lifted_by, reason, source, ordered_by, event_id, failure,
  verified_at_ms, stopped_packets, stopped_bytes)
VALUES (@id, @target, @first, @last, @direction, @protocol, @ports, @state,
  @createdAtMs, @expiresAtMs, @liftedAtMs, @liftedBy, @reason, @source, @orderedBy, @eventId, @failure,
  @verifiedAtMs, @stoppedPackets, @stoppedBytes)
ON CONFLICT (id) DO UPDATE SET target = excluded.target, target_first = excluded.target_first,
  target_last = excluded.target_last, direction = excluded.direction, protocol = excluded.protocol,
  ports = excluded.ports, state = excluded.state,
  created_at_ms = excluded.created_at_ms, expires_at_ms = excluded.expires_at_ms,
  lifted_at_ms = excluded.lifted_at_ms, lifted_by = excluded.lifted_by, reason = excluded.reason,
  source = excluded.source, ordered_by = excluded.ordered_by, event_id = excluded.event_id,
  failure = excluded.failure, verified_at_ms = excluded.verified_at_ms,
  stopped_packets = excluded.stopped_packets, stopped_bytes = excluded.stopped_bytes`
