/** Makes the firewall equal to the blocks in the record, and the blocks' states true. */
import { PicketError } from '../../core/errors.ts'
import type { Block } from '../../record/logs/block-log.ts'
import { entryKey, type Firewall, type FirewallEntry, type HeldEntry } from '../firewall.ts'
import { difference, differs, type Difference } from './difference.ts'
import { isOver, mergedEntries, type BlockStep, type StandingBlocks } from './standing-blocks.ts'
import type { Tally } from './tally.ts'

/** Named in full up to here; the rest is counted. */
const MAX_NAMED = 5

export interface Repair {
  /** In words; empty where all was as it should be. */
  readonly repaired: readonly string[]
  /** Whether more than times to go differed of what was in force: those drift when the clock is set. */
  readonly isTampering: boolean
  /** Why blocks that are not in force yet could not be put there; what was in force still is. */
  readonly failure: PicketError | null
}

export interface Kept {
  readonly firewall: Firewall
  readonly standing: StandingBlocks
  readonly tally: Tally
}

/**
 * Compares and repairs what differs.
 *
 * Where blocks that are not in force yet can't be put there, those that were in force are kept so without them.
 * Errors: `ERR_FIREWALL_*`, with all others recorded as failed; `ERR_RECORD_WRITE`.
 */
export async function reconcile(kept: Kept, nowMs: number): Promise<Repair> {
  const { firewall, standing } = kept
  const blocks = standing.all().filter((block) => !isOver(block, nowMs))
  const { kept: inForce, ...repair } = await putAsManyAsGo(kept, blocks, nowMs)
  const [held, refused] = [true, false].map((isHeld) =>
    inForce.filter((block) => (obstacleTo(firewall, block) === null) === isHeld),
  )
  await markActive(kept, held!, nowMs)
  const obstacle = refused![0] === undefined ? null : obstacleTo(firewall, refused![0])
  if (obstacle !== null) await markFailed(standing, refused!, obstacle)
  await markExpired(kept, nowMs)
  return repair
}

/**
 * Looks, changing nothing, whether the firewall holds exactly the blocks that stand; gives what it holds, null where
 * something differs. Errors: `ERR_FIREWALL_*`.
 */
export async function heldAsWanted(
  { firewall, standing }: Omit<Kept, 'tally'>,
  nowMs: number,
): Promise<readonly HeldEntry[] | null> {
  const sinceMs = performance.now()
  if (!(await firewall.isIntact())) return null
  const held = await firewall.list()
  const wanted = enforceable(firewall, standing.entries(nowMs))
  return differs(difference(wanted, held, secondsSince(sinceMs))) ? null : held
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

/** Puts in force all blocks, or else those that were. */
async function putAsManyAsGo(
  kept: Kept,
  blocks: readonly Block[],
  nowMs: number,
): Promise<Repair & { readonly kept: readonly Block[] }> {
  try {
    return { ...(await putRight(kept, blocks, nowMs)), failure: null, kept: blocks }
  } catch (error) {
    const inForce = blocks.filter(({ state }) => state === 'active')
    const waiting = blocks.filter(({ state }) => state !== 'active')
    const failure = error instanceof Error ? error.message : String(error)
    await markFailed(kept.standing, waiting, failure)
    if (waiting.length === 0 || !(error instanceof PicketError)) throw error
    return { ...(await putRight(kept, inForce, nowMs)), failure: error, kept: inForce }
  }
}

async function putRight(
  { firewall, standing, tally }: Kept,
  blocks: readonly Block[],
  nowMs: number,
): Promise<Omit<Repair, 'failure'>> {
  const sinceMs = performance.now()
  const isIntact = await firewall.isIntact()
  const wantedOf = (some: readonly Block[]): readonly FirewallEntry[] =>
    enforceable(firewall, mergedEntries(some, nowMs))
  const wanted = wantedOf(blocks)
  const held = await firewall.list()
  const gap = difference(wanted, held, secondsSince(sinceMs))
  const isRight = isIntact && !differs(gap)
  if (!isRight) await firewall.synchronise(wanted)
  tally.read(blocks, isRight ? held : await firewall.list(), nowMs)
  // A block that could not be put in force until now is missing by nobody's doing.
  const lost = difference(wantedOf(blocks.filter(({ state }) => state === 'active')), held)
  // Nor does anybody else hold what was to be lifted by now.
  const ended = new Set(mergedEntries(standing.due(nowMs), nowMs).map(entryKey))
  const { surplus } = difference(wanted, held.filter((entry) => !ended.has(entryKey(entry)))) // prettier-ignore
  const isTampering = !isIntact || lost.missing.length + surplus.length > 0
  return { repaired: describe(isIntact, gap), isTampering }
}

const secondsSince = (ms: number): number => (performance.now() - ms) / 1000

function enforceable(
  { ipv6Problem }: Firewall,
  entries: readonly FirewallEntry[],
): readonly FirewallEntry[] {
  return ipv6Problem === null ? entries : entries.filter(({ family }) => family === 4)
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
