/** Puts planned blocks, which are in the record by now, in force, and tells what came of each order. */
import type { Clock } from '../../core/clock.ts'
import { PicketError } from '../../core/errors.ts'
import type { Block } from '../../record/logs/block-log.ts'
import type { AddOptions, Firewall } from '../firewall.ts'
import type { Enforcement } from '../keeping/enforcement.ts'
import { markActive, markFailed, obstacleTo } from '../keeping/reconcile.ts'
import type { StandingBlocks } from '../keeping/standing-blocks.ts'
import type { Tally } from '../keeping/tally.ts'
import type { Plan } from './plan.ts'
import { blockKey } from './scope.ts'

/** What came of an order. */
export type Ordered =
  | { readonly kind: 'refused'; readonly error: PicketError }
  | {
      readonly kind: 'block'
      readonly block: Block
      readonly outcome: 'created' | 'extended' | 'unchanged'
    }

/** What blocks are put in force with. */
export interface Means {
  readonly standing: StandingBlocks
  readonly tally: Tally
  readonly enforcement: Enforcement
  readonly firewall: Firewall
  readonly clock: Clock
}

type PlannedBlock = Extract<Plan, { kind: 'block' }>

/**
 * Carries plans out in one change of the firewall. Errors: `ERR_RECORD_WRITE`.
 *
 * `how`: after a failure everything is compared, so that a change may stop half-way where its parts are nobody's whole.
 */
export async function carryOut(
  plans: readonly Plan[],
  means: Means,
  how: AddOptions = {},
): Promise<readonly Ordered[]> {
  const planned = plans.flatMap((plan) => (plan.kind === 'block' ? [plan] : []))
  const failure = await enforce(planned, means, how)
  return plans.map((plan) => outcomeOf(plan, failure, means))
}

/** Gives why they could not be put in force, which is recorded with each. */
async function enforce(
  planned: readonly PlannedBlock[],
  { standing, tally, enforcement, firewall, clock }: Means,
  how: AddOptions,
): Promise<PicketError | null> {
  if (planned.length === 0) return null
  const nowMs = clock.nowMs()
  const blocks = [...new Map(planned.map(({ block }) => [block.id, block])).values()]
  const asTheyStand = (): readonly Block[] =>
    blocks.flatMap((block) => standing.find(blockKey(block)) ?? [])
  const entries = standing.entriesToAdd(blocks, nowMs)
  let failure: PicketError | null
  try {
    failure = await enforcement.apply(entries, () => firewall.add(entries, how))
  } catch (error) {
    if (!(error instanceof PicketError)) throw error
    await markFailed(standing, asTheyStand(), error.message)
    return error
  }
  // Compared as a whole, each block has the state that it is in; of those just made only the change is known.
  const isDone = (block: Block): boolean => failure === null || block.state === 'active'
  const held = asTheyStand().filter((block) => obstacleTo(firewall, block) === null)
  await markActive({ standing, tally }, held.filter(isDone), clock.nowMs())
  return failure
}

function outcomeOf(
  plan: Plan,
  failure: PicketError | null,
  { standing, tally, firewall }: Means,
): Ordered {
  if (plan.kind === 'refused') return plan
  const { outcome } = plan
  const block = standing.find(blockKey(plan.block)) ?? plan.block
  if (failure !== null && block.state !== 'active') return { kind: 'refused', error: failure }
  const obstacle = obstacleTo(firewall, block)
  if (obstacle === null) return { kind: 'block', outcome, block: tally.told(block) }
  const message = `${block.target} can't be blocked: ${obstacle}`
  return { kind: 'refused', error: new PicketError('ERR_FIREWALL_FAILED', message) }
}
