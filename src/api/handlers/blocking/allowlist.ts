/** The allowlist that people keep while the agent runs: who is never blocked, why, and until when. */
import type { components } from '../../../../openapi/contract.d.ts'
import { rfc3339FromUs, rfc3339OrNull, type Clock } from '../../../core/clock.ts'
import { uuidv7 } from '../../../core/uuid.ts'
import { formatCidr, parseCidr } from '../../../net/cidr.ts'
import type { Allowlist, AllowlistEntry } from '../../../record/logs/api/allowlist.ts'
import type { Handler } from '../../contract/contract.ts'
import { notFound } from '../../problem.ts'
import type { BlockOrders } from './blocks.ts'

type Shown = components['schemas']['AllowlistEntry']

/** Serves the operations on the allowlist; blocks that touch a new entry are lifted. */
export function allowlistHandlers(
  allowlist: Allowlist,
  orders: Pick<BlockOrders, 'liftTouching'>,
  clock: Clock,
): { [Id in 'listAllowlist' | 'createAllowlistEntry' | 'deleteAllowlistEntry']: Handler<Id> } {
  return {
    listAllowlist: () => {
      return { status: 200, body: { items: allowlist.inForce(clock.nowMs()).map(shown) } }
    },
    createAllowlistEntry: async ({ body, caller }) => {
      const createdAtMs = clock.nowMs()
      const { ttlSeconds = null, comment } = body
      const range = parseCidr(body.range)!
      const entry: AllowlistEntry = {
        ...{ id: uuidv7(createdAtMs), range: formatCidr(range), comment },
        ...{ createdBy: caller!.actor, createdAtMs, removedAtMs: null, removedBy: null },
        expiresAtMs: ttlSeconds === null ? null : createdAtMs + ttlSeconds * 1000,
      }
      const details = { range: entry.range, comment, expiresAtMs: entry.expiresAtMs }
      const audit = { actor: caller!.actor, action: 'allowlist.added', subject: entry.id, details }
      await allowlist.save(entry, audit)
      const lifted = await orders.liftTouching(range, caller!.actor)
      const headers = { location: `/v1/allowlist/${entry.id}` }
      const liftedBlocks = lifted.map(({ id }) => id)
      return { status: 201, body: { ...shown(entry), liftedBlocks }, headers }
    },
    deleteAllowlistEntry: async ({ path, caller }) => {
      const entry = allowlist.get(path.entryId)
      if (entry === null) throw notFound('there is no entry of the allowlist with this id')
      if (entry.removedAtMs !== null) return { status: 200, body: shown(entry) }
      const { actor } = caller!
      const removed = { ...entry, removedAtMs: clock.nowMs(), removedBy: actor }
      const details = { range: entry.range }
      const audit = { actor, action: 'allowlist.removed', subject: entry.id, details }
      await allowlist.save(removed, audit)
      return { status: 200, body: shown(removed) }
    },
  }
}

function shown(entry: AllowlistEntry): Shown {
  const { createdAtMs, expiresAtMs, removedAtMs, ...rest } = entry
  return {
    ...rest,
    createdAt: rfc3339FromUs(createdAtMs * 1000),
    expiresAt: rfc3339OrNull(expiresAtMs),
    removedAt: rfc3339OrNull(removedAtMs),
  }
}
