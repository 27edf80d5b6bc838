/** Turns flow records back into a batch: for logs of an older shape, and for tests. */
import { parseAddress } from '../../net/address.ts'
import { APPLICATIONS, CONN_STATES, type Flow } from '../flow.ts'
import type { FlowBatch } from './flow-batch.ts'
import { FlowBatchWriter } from './flow-batch-writer.ts'
import { joinBatches } from './join-batches.ts'
import { withProcesses } from './with-processes.ts'

/** Makes one batch of the flows, in their order; those without a readable address are left out. */
export function batchFlows(flows: readonly Flow[]): FlowBatch | null {
  const batches: FlowBatch[] = []
  let writer: FlowBatchWriter | null = null
  let interfaceName = ''
  for (const flow of flows) {
    if (writer === null || writer.isFull || flow.interface !== interfaceName) {
      const gathered = writer?.take()
      if (gathered) batches.push(gathered)
      interfaceName = flow.interface
      writer = new FlowBatchWriter(interfaceName, Math.min(flows.length, 1024))
    }
    addFlow(writer, flow)
  }
  const last = writer?.take()
  if (last) batches.push(last)
  if (batches.length === 0) return null
  const joined = joinBatches(batches)
  const kept = joined.length === flows.length
  return kept
    ? withProcesses(
        joined,
        flows.map(({ process }) => process),
      )
    : joined
}

function addFlow(writer: FlowBatchWriter, flow: Flow): void {
  const originator = parseAddress(flow.originator)
  const responder = parseAddress(flow.responder)
  if (originator === null || responder === null) return
  const source = {
    ...flow,
    ipVersion: originator.family,
    lastUs: flow.endUs,
    originatorRetransmissions: flow.retransmissions,
    responderRetransmissions: 0,
    handshakeRttUs: flow.handshakeRttUs ?? -1,
    connState: CONN_STATES.indexOf(flow.connState),
    application: APPLICATIONS.indexOf(flow.application),
    facts: () => flow.facts,
    copyAddresses(words: Int32Array, originatorAt: number, responderAt: number): void {
      words.set(originator.words, originatorAt)
      words.set(responder.words, responderAt)
    },
  }
  writer.add(source, flow.endReason, flow)
}
