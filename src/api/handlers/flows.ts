/** Flows, as the log has them, in the shape of the contract. */
import type { components } from '../../../openapi/contract.d.ts'
import { rfc3339FromUs } from '../../core/clock.ts'
import type { Flow } from '../../flow/flow.ts'
import { protocolName, protocolNumber } from '../../net/protocol.ts'
import type { FlowLog } from '../../record/flow-log.ts'
import type { Handler } from '../contract.ts'
import { rangeOf, timeUsOf } from '../query.ts'

/** Serves `listFlows`. */
export function flowHandlers(flows: FlowLog): { listFlows: Handler<'listFlows'> } {
  return {
    listFlows: async ({ query }) => {
      const { protocol } = query
      const { items, nextCursor } = await flows.list({
        ...query,
        fromUs: timeUsOf(query.from),
        toUs: timeUsOf(query.to),
        address: rangeOf(query.address),
        protocol: protocol === undefined ? undefined : (protocolNumber(protocol) ?? undefined),
      })
      return { status: 200, body: { items: items.map(apiFlow), nextCursor } }
    },
  }
}

/** Gives a flow in the shape of the contract. */
export function apiFlow(flow: Flow): components['schemas']['Flow'] {
  return {
    communityId: flow.communityId,
    interface: flow.interface,
    originator: flow.originator,
    originatorPort: flow.originatorPort,
    responder: flow.responder,
    responderPort: flow.responderPort,
    protocol: protocolName(flow.protocol),
    application: flow.application === 'unknown' ? null : flow.application,
    facts: flow.facts === null ? null : { ...flow.facts },
    start: rfc3339FromUs(flow.startUs),
    end: rfc3339FromUs(flow.endUs),
    state: flow.connState,
    endReason: flow.endReason,
    originatorPackets: flow.originatorPackets,
    responderPackets: flow.responderPackets,
    originatorBytes: flow.originatorBytes,
    responderBytes: flow.responderBytes,
    originatorPayloadBytes: flow.originatorPayloadBytes,
    responderPayloadBytes: flow.responderPayloadBytes,
    retransmissions: flow.retransmissions,
    handshakeRttUs: flow.handshakeRttUs,
    anomalyScore: flow.anomalyScore,
    attackScore: flow.attackScore,
    process: flow.process,
  }
}
