/** Sums flows by who, what or when, in steps of bounded work. */
import { FlowTally } from '../../../flow/batch/index.ts'
import type { FlowSum, FlowSumQuery } from '../../logs/flow-log.ts'
import type { Page } from '../../logs/event-log.ts'
import type { Connection } from '../../sqlite/connection.ts'
import { walkFlows } from './flows.ts'
import { MAX_GROUPS } from './sum-table.ts'

/** The sums of a step; a group may come again in the next. */
export interface SummedStep extends Page<FlowSum> {
  /** Whether there were more groups than are told apart. */
  readonly isFull: boolean
}

/** Sums the flows of one step. Errors: `ERR_API_REQUEST` for a cursor that is not ours. */
export function stepSums(
  connection: Connection,
  query: FlowSumQuery & { readonly cursor?: string | undefined },
): SummedStep {
  const tally = new FlowTally(query.by, query.spanUs, MAX_GROUPS)
  const nextCursor = walkFlows(connection, query, (batch, index) => {
    tally.add(batch, index)
    return true
  })
  return { items: tally.sums(), nextCursor, isFull: tally.isFull }
}
