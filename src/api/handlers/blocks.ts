/** Blocks: ordered, listed and lifted; what may be blocked is the response's to say. */
import type { components } from '../../../openapi/contract.d.ts'
import { rfc3339FromUs } from '../../core/clock.ts'
import type { Block, BlockLog } from '../../record/block-log.ts'
import type { Blocker, BlockOrder } from '../../respond/index.ts'
import type { Caller } from '../auth.ts'
import type { Handler } from '../contract.ts'
import { notFound, type ApiProblem } from '../problem.ts'
import { rangeOf } from '../query.ts'

/** What the API asks of the response. */
export type BlockOrders = Pick<Blocker, 'order' | 'lift'>

type BlockHandlers = {
  [Id in 'listBlocks' | 'createBlock' | 'getBlock' | 'deleteBlock']: Handler<Id>
}

/** Serves the operations on blocks. */
export function blockHandlers(blocks: BlockLog, orders: BlockOrders): BlockHandlers {
  return {
    listBlocks: ({ query }) => {
      const { items, nextCursor } = blocks.list({ ...query, target: rangeOf(query.target) })
      return { status: 200, body: { items: items.map(apiBlock), nextCursor } }
    },
    createBlock: async ({ body, caller }) => {
      const { block: ordered, created } = await orders.order(orderFrom(body, caller!))
      const block = apiBlock(ordered)
      if (!created) return { status: 200, body: block }
      return { status: 201, body: block, headers: { location: `/v1/blocks/${block.id}` } }
    },
    getBlock: ({ path }) => {
      const block = blocks.get(path.blockId.toLowerCase())
      if (block === null) throw noSuchBlock()
      return { status: 200, body: apiBlock(block) }
    },
    deleteBlock: async ({ path, caller }) => {
      const block = await orders.lift(path.blockId.toLowerCase(), caller!.actor)
      if (block === null) throw noSuchBlock()
      return { status: 200, body: apiBlock(block) }
    },
  }
}

function orderFrom(body: components['schemas']['BlockRequest'], caller: Caller): BlockOrder {
  return {
    target: body.target,
    ttlSeconds: body.ttlSeconds,
    reason: body.reason ?? null,
    source: caller.tokenId === null ? 'cli' : 'api',
    actor: caller.actor,
    orderedBy: caller.tokenId ?? caller.actor,
    eventId: body.eventId?.toLowerCase() ?? null,
    callerAddress: caller.address,
  }
}

const noSuchBlock = (): ApiProblem => notFound('there is no block with this id')

function apiBlock(block: Block): components['schemas']['Block'] {
  return {
    id: block.id,
    target: block.target,
    state: block.state,
    createdAt: rfc3339FromUs(block.createdAtMs * 1000),
    expiresAt: timeOrNull(block.expiresAtMs),
    liftedAt: timeOrNull(block.liftedAtMs),
    reason: block.reason,
    source: block.source,
    orderedBy: block.orderedBy,
    eventId: block.eventId,
    failure: block.failure,
  }
}

const timeOrNull = (timeMs: number | null): string | null =>
  timeMs === null ? null : rfc3339FromUs(timeMs * 1000)
