/** Makes the firewall equal to the blocks in the record, and the blocks' states true. */
import type { Block } from '../../record/block-log.ts'
import type { Firewall } from '../firewall.ts'
import { difference, differs, type Difference } from './difference.ts'
import { isOver, type BlockStep, type StandingBlocks } from './standing-blocks.ts'
import type { Tally } from './tally.ts'

/** Named in full up to here; the rest is counted. */
const MAX_NAMED = 5

export interface Repair {
  /** In words; empty where all was as it should be. */
  readonly repaired: readonly string[]
  /** Whether more than times to go differed: those drift when the clock is set. */
  readonly isTampering: boolean
}

export interface Kept {
  readonly firewall: Firewall
  readonly standing: StandingBlocks
  readonly tally: Tally
}

/**
 * Compares and repairs what differs.
 *
 * Errors: `ERR_FIREWALL_*`, with blocks that were pending then recorded as failed; `ERR_RECORD_WRITE`.
 */
export async function reconcile(kept: Kept, nowMs: number): Promise<Repair> {
  const { firewall, standing } = kept
  const blocks = standing.all().filter((block) => !isOver(block, nowMs))
  let repair: Repair
  try {
    repair = await putRight(kept, blocks, nowMs)
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error)
    const pending = blocks.filter(({ state }) => state === 'pending')
    await markFailed(standing, pending, failure)
    throw error
  }
  const [held, refused] = [true, false].map((isHeld) =>
    blocks.filter((block) => (obstacleTo(firewall, block) === null) === isHeld),
  )
  await markActive(kept, held!, nowMs)
  const obstacle = refused![0] === undefined ? null : obstacleTo(firewall, refused![0])
  if (obstacle !== null) await markFailed(standing, refused!, obstacle)
  await markExpired(kept, nowMs)
  return repair
}

/** Records every block whose time is over as expired, and returns them. Errors: `ERR_RECORD_WRITE`. */
export async function markExpired(
  { standing, tally }: Omit<Kept, 'firewall'>,
  nowMs: number,
): Promise<readonly Block[]> {
  const steps = standing.due(nowMs).map((block): BlockStep => {
    const expired: Block = { ...tally.told(block), state: 'expired', failure: null }
    return { block: expired, actor: 'agent', action: 'block.expired' }
  })
  if (steps.length === 0) return []
  const expired = await standing.save(steps)
  for (const block of expired) tally.forget(block)
  return expired
}

/** Records that the firewall does not hold the blocks, and why; once for each reason. */
export async function markFailed(
  standing: StandingBlocks,
  blocks: readonly Block[],
  failure: string,
): Promise<void> {
  const news = blocks.filter((block) => block.state !== 'failed' || block.failure !== failure)
  const steps = news.map((block): BlockStep => {
    const failed: Block = { ...block, state: 'failed', failure }
    return { block: failed, actor: 'agent', action: 'block.failed', details: { failure } }
  })
  if (steps.length > 0) await standing.save(steps)
}

/** Records that the firewall holds the blocks; gives them as they are then. */
export async function markActive(
  { standing, tally }: Omit<Kept, 'firewall'>,
  blocks: readonly Block[],
  nowMs: number,
): Promise<readonly Block[]> {
  const steps = blocks.flatMap((block): BlockStep[] => {
    if (block.state === 'active') return []
    const active: Block = { ...tally.verified(block, nowMs), state: 'active', failure: null }
    return [{ block: active, actor: 'agent', action: 'block.enforced' }]
  })
  if (steps.length === 0) return blocks
  const saved = new Map((await standing.save(steps)).map((block) => [block.id, block]))
  return blocks.map((block) => saved.get(block.id) ?? block)
}

/** Says why this firewall can't hold this block, whatever is tried; null when it can. */
export function obstacleTo(firewall: Firewall, block: Block): string | null {
  const problem = block.target.includes(':') ? firewall.ipv6Problem : null
  return problem === null ? null : `no IPv6 packet filter on this host (${problem})`
}

async function putRight(
  { firewall, standing, tally }: Kept,
  blocks: readonly Block[],
  nowMs: number,
): Promise<Repair> {
  const isIntact = await firewall.isIntact()
  const hasIpv6 = firewall.ipv6Problem === null
  const entries = standing.entries(nowMs)
  const wanted = hasIpv6 ? entries : entries.filter(({ family }) => family === 4)
  const held = await firewall.list()
  const gap = difference(wanted, held)
  const isRight = isIntact && !differs(gap)
  if (!isRight) await firewall.synchronise(wanted)
  tally.read(blocks, isRight ? held : await firewall.list(), nowMs)
  const isTampering = !isIntact || gap.missing.length + gap.surplus.length > 0
  return { repaired: describe(isIntact, gap), isTampering }
}

function describe(isIntact: boolean, { missing, surplus, mistimed }: Difference): string[] {
  return [
    ...(isIntact ? [] : ['chain, jumps or sets were missing or changed']),
    ...(missing.length > 0 ? [`missing: ${named(missing)}`] : []),
    ...(surplus.length > 0 ? [`held without a block: ${named(surplus)}`] : []),
    ...(mistimed.length > 0 ? [`with another time to go: ${named(mistimed)}`] : []),
  ]
}

function named(targets: readonly string[]): string {
  const rest = targets.length - MAX_NAMED
  const names = targets.slice(0, MAX_NAMED).join(', ')
  return rest > 0 ? `${names} and ${rest} more` : names
}
