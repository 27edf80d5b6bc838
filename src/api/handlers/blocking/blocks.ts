/** Blocks: ordered, listed and lifted; what may be blocked is the response's to say. */
import type { components } from '../../../../openapi/contract.d.ts'
import { rfc3339FromUs, rfc3339OrNull } from '../../../core/clock.ts'
import { formatPortRange, parsePortRange } from '../../../net/port-range.ts'
import type { Block, BlockLog } from '../../../record/logs/block-log.ts'
import type { Blocker, BlockOrder, Ordered } from '../../../respond/index.ts'
import { hasScope, LOCAL_ACTOR, type Caller } from '../../auth.ts'
import type { Handler } from '../../contract/contract.ts'
import {
  forbidden,
  invalidRequest,
  notFound,
  problemFrom,
  type ApiProblem,
  type Fault,
} from '../../problem.ts'
import { assertEdition, etagOf } from '../../limits/editions.ts'
import { rangeOf } from '../../query.ts'

type Schemas = components['schemas']

/** What the API asks of the response. */
export type BlockOrders = Pick<
  Blocker,
  'order' | 'orderAll' | 'lift' | 'liftAll' | 'liftTouching' | 'refusalOf' | 'told'
>

type BlockHandlers = {
  [
    Id in
      'listBlocks' | 'createBlock' | 'createBlocks' | 'getBlock' | 'deleteBlock' | 'deleteBlocks'
  ]: Handler<Id>
}

/** Serves the operations on blocks. */
export function blockHandlers(blocks: BlockLog, orders: BlockOrders): BlockHandlers {
  const shown = (block: Block): Schemas['Block'] => apiBlock(orders.told(block))
  return {
    listBlocks: ({ query }) => {
      const { items, nextCursor } = blocks.list({ ...query, target: rangeOf(query.target) })
      return { status: 200, body: { items: items.map(shown), nextCursor } }
    },
    createBlock: async ({ body, caller }) => {
      const { block: ordered, created } = await orders.order(orderFrom(body, caller!))
      const block = apiBlock(ordered)
      if (!created) return { status: 200, body: block }
      return { status: 201, body: block, headers: { location: `/v1/blocks/${block.id}` } }
    },
    createBlocks: async ({ body, caller }) => {
      const faults = body.blocks.flatMap((one, index) => scopeFaults(one, `blocks.${index}.`))
      if (faults.length > 0) throw invalidRequest(faults)
      const ordered = await orders.orderAll(body.blocks.map((one) => orderFrom(one, caller!)))
      return { status: 200, body: apiOutcomes(body.blocks, ordered) }
    },
    deleteBlocks: async ({ query, caller }) => {
      const range = rangeOf(query.target)
      const { actor } = caller!
      const lifted = await (range ? orders.liftTouching(range, actor) : orders.liftAll(actor))
      return { status: 200, body: { items: lifted.map(apiBlock) } }
    },
    getBlock: ({ path }) => {
      const block = blocks.get(path.blockId.toLowerCase())
      if (block === null) throw noSuchBlock()
      return { status: 200, body: shown(block), headers: { etag: etagOfBlock(block) } }
    },
    deleteBlock: async ({ path, caller, headers }) => {
      const ifMatch = headers.get('if-match')
      // Orders and policy change blocks too: only in its turn is it sure what the block is.
      const assertAsSeen = (present: Block): void => {
        if (ifMatch !== null) assertEdition(ifMatch, etagOfBlock(present))
      }
      const block = await orders.lift(path.blockId.toLowerCase(), caller!.actor, assertAsSeen)
      if (block === null) throw noSuchBlock()
      return { status: 200, body: apiBlock(block) }
    },
  }
}

/**
 * Reads a checked request as an order.
 *
 * Errors: `forbidden` for an override by somebody without scope admin; `invalid-request` for ports of a
 * protocol that has none.
 */
export function orderFrom(body: Schemas['BlockRequest'], caller: Caller): BlockOrder {
  const faults = scopeFaults(body, '')
  if (faults.length > 0) throw invalidRequest(faults)
  if (body.override === true && !hasScope(caller, 'admin')) throw forbidden('admin', caller.scopes)
  return {
    target: body.target,
    direction: body.direction ?? 'both',
    protocol: body.protocol ?? null,
    ports: (body.ports ?? []).flatMap((given) => parsePortRange(given) ?? []),
    ttlSeconds: body.ttlSeconds,
    reason: body.reason ?? null,
    source: caller.actor === LOCAL_ACTOR ? 'cli' : 'api',
    actor: caller.actor,
    orderedBy: caller.tokenId ?? caller.actor,
    eventId: body.eventId?.toLowerCase() ?? null,
    callerAddress: caller.address,
    override: body.override ?? false,
  }
}

/** Says what is wrong with ports of a protocol that has none; `at` stands before the field. */
export function scopeFaults(
  { protocol, ports }: Pick<Schemas['BlockRequest'], 'protocol' | 'ports'>,
  at: string,
): Fault[] {
  if (ports === undefined || ports.length === 0) return []
  const faults = ports.flatMap((value, index): Fault[] => {
    if (parsePortRange(value) !== null) return []
    const message = 'must be a port from 0 to 65535, or a range with the lower one first: 8000-8100'
    return [{ field: `${at}ports.${index}`, value, message }]
  })
  if (protocol !== undefined && protocol !== null && protocol !== 'icmp') return faults
  const message = 'needs a protocol that has ports: tcp, udp or sctp'
  return [...faults, { field: `${at}ports`, value: ports, message }]
}

function apiOutcomes(
  requests: readonly Schemas['BlockRequest'][],
  ordered: readonly Ordered[],
): Schemas['BlockOutcomes'] {
  const items = ordered.map((one, index): Schemas['BlockOutcome'] => {
    const { target } = requests[index]!
    if (one.kind === 'block') {
      return { target, outcome: one.outcome, block: apiBlock(one.block), problem: null }
    }
    return { target, outcome: 'refused', block: null, problem: problemFrom(one.error).body }
  })
  const count = (outcome: Schemas['BlockOutcome']['outcome']): number =>
    items.filter((item) => item.outcome === outcome).length
  return {
    items,
    created: count('created'),
    extended: count('extended'),
    unchanged: count('unchanged'),
    refused: count('refused'),
  }
}

/** What it has stopped, and when it was last looked at, change by themselves. */
function etagOfBlock(block: Block): string {
  const still = { verifiedAt: null, stoppedPackets: 0, stoppedBytes: 0 }
  return etagOf({ status: 200, body: { ...apiBlock(block), ...still } })
}

const noSuchBlock = (): ApiProblem => notFound('there is no block with this id')

function apiBlock(block: Block): Schemas['Block'] {
  const { createdAtMs, expiresAtMs, liftedAtMs, verifiedAtMs, ports, ...rest } = block
  return {
    ...rest,
    ports: ports.map(formatPortRange),
    createdAt: rfc3339FromUs(createdAtMs * 1000),
    expiresAt: rfc3339OrNull(expiresAtMs),
    liftedAt: rfc3339OrNull(liftedAtMs),
    verifiedAt: rfc3339OrNull(verifiedAtMs),
  }
}
