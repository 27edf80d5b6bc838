/**
 * The ordered list of features: extractor, models, explanations and documentation all read it from here.
 *
 * Left out on purpose, since a model would learn the training network instead of behaviour: addresses,
 * TTL, time of day and port numbers.
 */

export interface FeatureDefinition {
  readonly name: string
  /** Unit of the value a person reads; `log1p` features are stored as ln(1 + value). */
  readonly unit:
    'ms' | 'packets' | 'bytes' | 'flows' | 'ports' | 'hosts' | 'share' | 'ratio' | 'yes/no'
  readonly scale: 'linear' | 'log1p'
  readonly definition: string
  /** Paper, data set or field practice the feature is taken from. */
  readonly source: string
}

/** Raised whenever the list, its order or a definition changes; models of another version are refused. */
export const FEATURE_VERSION = 1

const UNSW = 'UNSW-NB15 (Moustafa & Slay 2015)'
const CIC = 'CICFlowMeter (Lashkari et al. 2017)'
const KDD = 'KDD Cup 99 traffic features (Lee & Stolfo 2000)'
const ZEEK = 'Zeek conn.log'
const TRW = 'Jung et al. 2004, threshold random walk'

function log1p(
  name: string,
  unit: FeatureDefinition['unit'],
  definition: string,
  source: string,
): FeatureDefinition {
  return { name, unit, scale: 'log1p', definition, source }
}

function linear(
  name: string,
  unit: FeatureDefinition['unit'],
  definition: string,
  source: string,
): FeatureDefinition {
  return { name, unit, scale: 'linear', definition, source }
}

/** What is measured of the flow itself. */
const FLOW_FEATURES = [
  log1p('duration', 'ms', 'First to last packet of the flow', UNSW),
  log1p('originatorPackets', 'packets', 'Packets the originator sent', UNSW),
  log1p('responderPackets', 'packets', 'Packets the responder sent', UNSW),
  log1p('originatorPayload', 'bytes', 'Payload the originator sent', UNSW),
  log1p('responderPayload', 'bytes', 'Payload the responder sent', UNSW),
  linear('originatorPayloadShare', 'share', "Originator's share of all payload; 0.5 when there is none", ZEEK),
  log1p('originatorPayloadPerPacket', 'bytes', 'Mean payload of an originator packet', UNSW),
  log1p('responderPayloadPerPacket', 'bytes', 'Mean payload of a responder packet', UNSW),
  log1p('openingPayload', 'bytes', 'Payload of the very first packet', CIC),
  log1p('packetSizeMean', 'bytes', 'Mean IP packet size, both directions', CIC),
  log1p('packetSizeDeviation', 'bytes', 'Standard deviation of the IP packet size', CIC),
  log1p('gapMean', 'ms', 'Mean time between packets', UNSW),
  log1p('gapMax', 'ms', 'Longest time between packets', CIC),
  log1p('gapVariation', 'ratio', 'Deviation of the gaps over their mean: near 0 is a clockwork', CIC),
  linear('isTcp', 'yes/no', 'The flow is TCP', ZEEK),
  linear('isUdp', 'yes/no', 'The flow is UDP', ZEEK),
  linear('handshakeCompleted', 'yes/no', 'TCP: SYN and SYN-ACK were seen', ZEEK),
  linear('isUnanswered', 'yes/no', 'The responder never sent a packet', TRW),
  linear('isRefused', 'yes/no', 'Refused by RST before any data, or by an ICMP error', TRW),
  linear('opensOddly', 'yes/no', 'TCP: the first flags are none a stack opens with (NULL, FIN, XMAS, SYN+FIN)', 'RFC 9293 §3.10; Nmap scan types'),
  linear('opensMidway', 'yes/no', 'TCP: the first packet carries ACK or RST but no SYN of its own', ZEEK),
  linear('originatorReset', 'yes/no', 'TCP: the originator sent RST', ZEEK),
  linear('responderReset', 'yes/no', 'TCP: the responder sent RST', ZEEK),
  linear('closedInOrder', 'yes/no', 'TCP: both sides sent FIN', ZEEK),
  linear('retransmissionShare', 'share', 'TCP segments that repeat data, over all packets', UNSW),
  log1p('handshakeRtt', 'ms', 'SYN to SYN-ACK; 0 when not seen', UNSW),
] as const // prettier-ignore

/** What the two hosts did around the time the flow opened. */
const WINDOW_FEATURES = [
  log1p('originatorOpened10s', 'flows', 'Flows the originator opened in 10 s', KDD),
  log1p('originatorPorts10s', 'ports', 'Distinct ports the originator opened flows to in 10 s', KDD),
  log1p('originatorPeers10s', 'hosts', 'Distinct hosts the originator opened flows to in 10 s', KDD),
  log1p('originatorOpened60s', 'flows', 'Flows the originator opened in 60 s', KDD),
  log1p('originatorPorts60s', 'ports', 'Distinct ports the originator opened flows to in 60 s', KDD),
  log1p('originatorPeers60s', 'hosts', 'Distinct hosts the originator opened flows to in 60 s', KDD),
  linear('originatorFailed60s', 'share', "Share of the originator's openings in 60 s unanswered or refused", TRW),
  log1p('responderOpened10s', 'flows', 'Flows opened to the responder in 10 s', KDD),
  log1p('responderOpened60s', 'flows', 'Flows opened to the responder in 60 s', KDD),
  log1p('responderPorts60s', 'ports', 'Distinct ports of the responder tried in 60 s', KDD),
  log1p('responderPeers60s', 'hosts', 'Distinct hosts that opened flows to the responder in 60 s', KDD),
  linear('responderFailed60s', 'share', 'Share of the openings to the responder in 60 s unanswered or refused', TRW),
] as const // prettier-ignore

/** Every feature, in the order of the vector. */
export const FEATURES: readonly FeatureDefinition[] = [...FLOW_FEATURES, ...WINDOW_FEATURES]

/** Length of a feature vector. */
export const FEATURE_COUNT = FEATURES.length

export const FEATURE_NAMES: readonly string[] = FEATURES.map((feature) => feature.name)

/** Turns a stored value back into the unit a person reads (`log1p` undone, rounded to three digits). */
export function readableValue(feature: FeatureDefinition, stored: number): number {
  const value = feature.scale === 'log1p' ? Math.expm1(stored) : stored
  return Number(value.toPrecision(3))
}

/** The contrary of `readableValue`, of the feature at that place; NaN stays NaN. */
export function storedValue(at: number, readable: number): number {
  return FEATURES[at]!.scale === 'log1p' ? Math.log1p(readable) : readable
}
