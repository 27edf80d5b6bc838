/** Flows for tests that need no packets: a plain LiveFlow with ordinary values, to be overridden. */
import { CONN_STATES, type ConnState, type LiveFlow } from '../../../src/flow/flow.ts'
import { formatIpv4Word } from '../../../src/net/address.ts'
import { TcpFlag } from '../../../src/net/protocol.ts'

type Facts = Omit<
  LiveFlow,
  'originatorAddress' | 'responderAddress' | 'communityId' | 'connState' | 'copyAddresses' | 'facts'
>

export interface FlowWish extends Partial<Facts> {
  readonly state?: ConnState
}

const ORDINARY: Facts = {
  ipVersion: 4,
  originatorKey: 0x0a000001,
  responderKey: 0x0a000002,
  originatorPort: 40000,
  responderPort: 443,
  protocol: 6,
  vlan: 0,
  startUs: 1_700_000_000_000_000,
  lastUs: 1_700_000_000_500_000,
  originatorPackets: 8,
  responderPackets: 10,
  originatorBytes: 1200,
  responderBytes: 9000,
  originatorPayloadBytes: 800,
  responderPayloadBytes: 8500,
  originatorTcpFlags: TcpFlag.SYN | TcpFlag.ACK | TcpFlag.FIN,
  responderTcpFlags: TcpFlag.SYN | TcpFlag.ACK | TcpFlag.FIN,
  openingTcpFlags: TcpFlag.SYN,
  openingPayloadBytes: 0,
  originatorRetransmissions: 0,
  responderRetransmissions: 0,
  handshakeRttUs: 12_000,
  wasIcmpRefused: false,
  isAbsorbed: false,
  isCutShort: false,
  application: 0,
  packetSizeMean: 560,
  packetSizeDeviation: 420,
  packetSizeMin: 52,
  packetSizeMax: 1500,
  gapMeanUs: 29_000,
  gapDeviationUs: 30_000,
  gapMinUs: 100,
  gapMaxUs: 120_000,
}

/** A completed HTTPS-like flow from 10.0.0.1 to 10.0.0.2, with the wished differences. */
export function liveFlow(wish: FlowWish = {}): LiveFlow {
  const { state = 'SF', ...facts } = wish
  const flow = { ...ORDINARY, ...facts }
  return {
    ...flow,
    connState: CONN_STATES.indexOf(state),
    copyAddresses(words, originatorAt, responderAt) {
      words.set([0, 0, 0, flow.originatorKey], originatorAt)
      words.set([0, 0, 0, flow.responderKey], responderAt)
    },
    facts: () => null,
    originatorAddress: () => formatIpv4Word(flow.originatorKey),
    responderAddress: () => formatIpv4Word(flow.responderKey),
    communityId: () =>
      `1:${flow.originatorKey}-${flow.originatorPort}-${flow.responderKey}-${flow.responderPort}`,
  }
}

/** A lone SYN that nobody answered. */
export function unansweredSyn(wish: FlowWish = {}): LiveFlow {
  return liveFlow({
    state: 'S0',
    originatorPackets: 1,
    responderPackets: 0,
    originatorBytes: 40,
    responderBytes: 0,
    originatorPayloadBytes: 0,
    responderPayloadBytes: 0,
    originatorTcpFlags: TcpFlag.SYN,
    responderTcpFlags: 0,
    handshakeRttUs: -1,
    packetSizeMean: 40,
    packetSizeDeviation: 0,
    packetSizeMin: 40,
    packetSizeMax: 40,
    gapMeanUs: 0,
    gapDeviationUs: 0,
    gapMinUs: 0,
    gapMaxUs: 0,
    ...wish,
  })
}
