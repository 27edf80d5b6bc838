/** Sums flows by who, what or when, in steps of bounded work. */
import type { Flow, FlowBatch } from '../../flow/batch/index.ts'
import type { FlowGroup, FlowSum, FlowSumQuery } from '../flow-log.ts'
import type { Page } from '../event-log.ts'
import type { Connection } from '../sqlite/connection.ts'
import { walkFlows } from './flows.ts'
import { SumTable } from './sum-table.ts'

/** Flows of a step: making one out of its batch takes some 2 µs. */
const FLOWS_PER_STEP = 25_000

/** Sums the flows of one step. Errors: `ERR_API_REQUEST` for a cursor that is not ours. */
export function stepSums(
  connection: Connection,
  query: FlowSumQuery & { readonly cursor?: string | undefined },
): Page<FlowSum> {
  const sums = new SumTable()
  let summed = 0
  const nextCursor = walkFlows(connection, query, (batch: FlowBatch, index: number) => {
    if (summed >= FLOWS_PER_STEP) return false
    summed += 1
    const flow = batch.flow(index)
    const packets = flow.originatorPackets + flow.responderPackets
    const bytes = flow.originatorBytes + flow.responderBytes
    for (const key of keysOf(flow, query.by, query.spanUs)) sums.count(key, 1, packets, bytes)
    return true
  })
  return { items: sums.items(), nextCursor }
}

function keysOf(flow: Flow, by: FlowGroup, spanUs: number): readonly string[] {
  switch (by) {
    case 'originator':
      return [flow.originator]
    case 'responder':
      return [flow.responder]
    case 'address':
      return flow.originator === flow.responder
        ? [flow.originator]
        : [flow.originator, flow.responder]
    case 'service':
      return [`${flow.protocol}/${flow.responderPort}`]
    case 'protocol':
      return [String(flow.protocol)]
    case 'application':
      return [flow.application]
    case 'process':
      return [flow.process?.command ?? flow.process?.executable ?? flow.process?.unit ?? 'unknown']
    case 'time':
      return [String(Math.floor(flow.startUs / spanUs) * spanUs)]
  }
}
