/** Makes the firewall equal to the blocks in the record, and the blocks' states true. */
import type { Block } from '../record/block-log.ts'
import { difference, differs, type Difference } from './difference.ts'
import type { Firewall } from './firewall.ts'
import { entryOf, isOver, type StandingBlocks } from './standing-blocks.ts'

/** Named in full up to here; the rest is counted. */
const MAX_NAMED = 5

/**
 * Compares, repairs what differs, and returns what had to be repaired, in words.
 *
 * Errors: `ERR_FIREWALL_*`, with blocks that were pending then recorded as failed; `ERR_RECORD_WRITE`.
 */
export async function reconcile(
  firewall: Firewall,
  standing: StandingBlocks,
  nowMs: number,
): Promise<string[]> {
  const blocks = standing.all().filter((block) => !isOver(block, nowMs))
  let repaired: string[]
  try {
    repaired = await repair(firewall, blocks, nowMs)
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error)
    const pending = blocks.filter(({ state }) => state === 'pending')
    await Promise.all(pending.map((block) => markFailed(standing, block, failure)))
    throw error
  }
  await Promise.all(blocks.map((block) => markTrue(firewall, standing, block)))
  await markExpired(standing, nowMs)
  return repaired
}

/** Records every block whose time is over as expired, and returns them. Errors: `ERR_RECORD_WRITE`. */
export async function markExpired(
  standing: StandingBlocks,
  nowMs: number,
): Promise<readonly Block[]> {
  const due = standing.due(nowMs)
  const expired = due.map((block) => ({ ...block, state: 'expired' as const, failure: null }))
  return Promise.all(expired.map((block) => standing.save(block, 'agent', 'block.expired')))
}

/** Records that the firewall does not hold the block, and why; once for each reason. */
export async function markFailed(
  standing: StandingBlocks,
  block: Block,
  failure: string,
): Promise<void> {
  if (block.state === 'failed' && block.failure === failure) return
  await standing.save({ ...block, state: 'failed', failure }, 'agent', 'block.failed', { failure })
}

/** Records that the firewall holds the block. */
export async function markActive(standing: StandingBlocks, block: Block): Promise<Block> {
  if (block.state === 'active') return block
  return standing.save({ ...block, state: 'active', failure: null }, 'agent', 'block.enforced')
}

/** Says why this firewall can't hold this block, whatever is tried; null when it can. */
export function obstacleTo(firewall: Firewall, block: Block): string | null {
  const problem = block.target.includes(':') ? firewall.ipv6Problem : null
  return problem === null ? null : `no IPv6 packet filter on this host (${problem})`
}

async function repair(
  firewall: Firewall,
  blocks: readonly Block[],
  nowMs: number,
): Promise<string[]> {
  const isIntact = await firewall.isIntact()
  const hasIpv6 = firewall.ipv6Problem === null
  const entries = blocks.map((block) => entryOf(block, nowMs))
  const wanted = hasIpv6 ? entries : entries.filter(({ family }) => family === 4)
  const gap = difference(wanted, await firewall.list())
  if (!isIntact || differs(gap)) await firewall.synchronise(wanted)
  return describe(isIntact, gap)
}

async function markTrue(firewall: Firewall, standing: StandingBlocks, block: Block): Promise<void> {
  const obstacle = obstacleTo(firewall, block)
  if (obstacle === null) await markActive(standing, block)
  else await markFailed(standing, block, obstacle)
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
