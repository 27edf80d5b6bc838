/** Does the orders of several callers in one write and one change, and answers each caller. */
import type { GuardFacts } from '../guards/refusal.ts'
import { carryOut, type Means, type Ordered } from './carry-out.ts'
import type { BlockOrder } from './order.ts'
import type { Plan, Planner } from './plan.ts'

/** The orders of one caller. */
export interface OrderCall {
  readonly orders: readonly BlockOrder[]
  /** What the guards know, read after the call came. */
  readonly facts: GuardFacts
  /** Writes what is to be in the record with the blocks before any is enforced; absent where nothing is. */
  readonly record?: () => Promise<void>
}

/** What came of one call's orders, or why there are none: what is to be in the record with them is not. */
export type Answer = PromiseSettledResult<readonly Ordered[]>

/** Gives an answer for each call. Errors: `ERR_RECORD_WRITE`: then nothing is done for any. */
export async function answerAll(
  calls: readonly OrderCall[],
  planner: Planner,
  means: Means,
): Promise<readonly Answer[]> {
  const planned = calls.map(({ orders, facts }) =>
    orders.map((order) => planner.planOrRefuse(order, facts)),
  )
  // In this order: they are written one behind the other, and reach the disk together.
  const recording = Promise.allSettled(calls.map(({ record = nothing }) => record()))
  const saving = means.standing.save(planned.flat().flatMap(stepsOf))
  const [recorded] = await Promise.all([recording, saving])
  const going = planned.filter((_, call) => recorded[call]!.status === 'fulfilled')
  const outcomes = await carryOutAll(going, means)
  return recorded.map((written): Answer => {
    return written.status === 'rejected'
      ? written
      : { status: 'fulfilled', value: outcomes.shift()! }
  })
}

/**
 * Carries out the plans of several callers in one change. Where the kernel refuses it, each caller's in a change of
 * their own: one that asks for what it does not take must not cost the others their blocks.
 */
async function carryOutAll(
  calls: readonly (readonly Plan[])[],
  means: Means,
): Promise<(readonly Ordered[])[]> {
  const together = await carryOut(calls.flat(), means)
  let at = 0
  const outcomes: (readonly Ordered[])[] = calls.map((plans) =>
    together.slice(at, (at += plans.length)),
  )
  // A firewall that cannot be used at all refuses each of them, and may take its time.
  if (calls.length === 1 || means.enforcement.fault !== null) return outcomes
  for (const [call, plans] of calls.entries()) {
    const isRefused = outcomes[call]!.some(({ kind }, index) => kind === 'refused' && plans[index]!.kind === 'block') // prettier-ignore
    if (isRefused) outcomes[call] = await carryOut(plans, means)
  }
  return outcomes
}

const nothing = (): Promise<void> => Promise.resolve()

const stepsOf = (plan: Plan) => (plan.kind === 'block' && plan.step !== null ? [plan.step] : [])
