/** Turns a live flow into the record that leaves the sensor. */
import { APPLICATIONS, CONN_STATES, type EndReason, type Flow, type LiveFlow } from './flow.ts'

/** What the models said of a flow; null when no model was in force. */
export type FlowScores = Pick<Flow, 'anomalyScore' | 'attackScore'>

/** Copies the cursor's flow; allocates, so call it once a flow, at its end. */
export function toFlow(
  live: LiveFlow,
  reason: EndReason,
  interfaceName: string,
  scores: FlowScores,
): Flow {
  return {
    communityId: live.communityId(),
    interface: interfaceName,
    ipVersion: live.ipVersion,
    originator: live.originatorAddress(),
    originatorPort: live.originatorPort,
    responder: live.responderAddress(),
    responderPort: live.responderPort,
    protocol: live.protocol,
    vlan: live.vlan,
    startUs: live.startUs,
    endUs: live.lastUs,
    originatorPackets: live.originatorPackets,
    responderPackets: live.responderPackets,
    originatorBytes: live.originatorBytes,
    responderBytes: live.responderBytes,
    originatorPayloadBytes: live.originatorPayloadBytes,
    responderPayloadBytes: live.responderPayloadBytes,
    originatorTcpFlags: live.originatorTcpFlags,
    responderTcpFlags: live.responderTcpFlags,
    retransmissions: live.originatorRetransmissions + live.responderRetransmissions,
    handshakeRttUs: live.handshakeRttUs < 0 ? null : live.handshakeRttUs,
    connState: CONN_STATES[live.connState]!,
    application: APPLICATIONS[live.application]!,
    facts: live.facts(),
    endReason: reason,
    anomalyScore: scores.anomalyScore,
    attackScore: scores.attackScore,
  }
}
