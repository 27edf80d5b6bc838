/** The flow: what two endpoints said to each other, both directions in one record (RFC 5103). */
import type { components } from '../../openapi/contract.d.ts'
import type { Application } from './application/applications.ts'
import type { ApplicationFact, ApplicationFacts } from './application/facts.ts'

export { APPLICATIONS, type Application } from './application/applications.ts'
export type * from './application/facts.ts'

/** Why a flow left the table. */
export const END_REASONS = [
  'fin',
  'rst',
  'idle',
  'active-timeout',
  'evicted',
  'capture-end',
] as const
export type EndReason = (typeof END_REASONS)[number]

/** Zeek's conn_state letters; UDP and the rest use S0 (one-sided) and SF (both sides spoke). */
export const CONN_STATES = [
  'S0', 'S1', 'SF', 'REJ', 'S2', 'S3', 'RSTO', 'RSTR', 'RSTOS0', 'RSTRH', 'SH', 'SHR', 'OTH',
] as const // prettier-ignore
export type ConnState = (typeof CONN_STATES)[number]

/**
 * A flow as the stages inside the sensor read it: a cursor over the flow table, valid only during the
 * call it is handed to. `Flow` is the record that leaves the sensor.
 *
 * Originator is who sent the first packet (the SYN's sender when TCP). Units: times in µs since the
 * epoch, bytes at IP level (header and payload) on the wire.
 */
export interface LiveFlow {
  /** 4 or 6. */
  readonly ipVersion: number
  /**
   * The addresses as integers to key maps by: the unsigned 32-bit address for IPv4, 2^32 plus a seeded
   * hash for IPv6. Equal addresses have equal keys within one sensor.
   */
  readonly originatorKey: number
  readonly responderKey: number
  /** Writes both addresses, four words each as in `IpAddress`, without an object. */
  copyAddresses(words: Int32Array, originatorAt: number, responderAt: number): void
  /** Canonical text; allocates, so only for what is reported. */
  originatorAddress(): string
  responderAddress(): string
  /** Community ID v1 with seed 0; allocates and hashes, so only for what is reported. */
  communityId(): string
  /** ICMP: the type of the originator's first message, and its code in `responderPort`. */
  readonly originatorPort: number
  readonly responderPort: number
  readonly protocol: number
  readonly vlan: number

  readonly startUs: number
  /** The last packet's time. */
  readonly lastUs: number
  readonly originatorPackets: number
  readonly responderPackets: number
  readonly originatorBytes: number
  readonly responderBytes: number
  readonly originatorPayloadBytes: number
  readonly responderPayloadBytes: number
  /** TCP flags seen, by OR. */
  readonly originatorTcpFlags: number
  readonly responderTcpFlags: number
  /** TCP flags of the very first packet, as it stood. */
  readonly openingTcpFlags: number
  /** Payload bytes of the very first packet. */
  readonly openingPayloadBytes: number
  /** TCP segments that repeat a sequence number already passed, per direction. */
  readonly originatorRetransmissions: number
  readonly responderRetransmissions: number
  /** SYN to SYN-ACK in µs; -1 when not seen. */
  readonly handshakeRttUs: number
  /** An ICMP or ICMPv6 error spoke of this flow (destination unreachable and the like). */
  readonly wasIcmpRefused: boolean
  /** Index into CONN_STATES. */
  readonly connState: number
  /** Index into APPLICATIONS. */
  readonly application: number
  /** What it is part of was told, and its originator has not gone on since; see `FlowObserver.absorbs`. */
  readonly isAbsorbed: boolean
  /** The capture kept so little of some payload that its application may be another than it seems. */
  readonly isCutShort: boolean
  /** What the application said so far; null when nothing was read. Allocates, so only for what is reported. */
  facts(): ApplicationFacts | null

  /** IP packet sizes in bytes, both directions. */
  readonly packetSizeMean: number
  readonly packetSizeDeviation: number
  readonly packetSizeMin: number
  readonly packetSizeMax: number
  /** Gaps between packets in µs, both directions; 0 with fewer than two packets. */
  readonly gapMeanUs: number
  readonly gapDeviationUs: number
  readonly gapMinUs: number
  readonly gapMaxUs: number
}

/** What the flow table tells those who watch flows; the cursor is valid only during the call. */
export interface FlowObserver {
  /**
   * Says, before `flowOpened`, whether a flow is nothing by itself: one of a million SYNs of a flood that was told.
   * It is `isAbsorbed` until it goes on. Not asked of a flow whose first packet says something that is read.
   */
  absorbs?(flow: LiveFlow): boolean
  /**
   * An absorbed flow goes on after all: its originator sent again, or somebody said something. `wasAnswered` says
   * whether `flowAnswered` was told of it while it was absorbed.
   */
  flowWoke?(flow: LiveFlow, wasAnswered: boolean): void
  /** The first packet of a flow has been folded in. */
  flowOpened(flow: LiveFlow): void
  /**
   * The responder's side spoke for the first time: SYN-ACK, RST, data, or an ICMP error about the flow
   * (`wasIcmpRefused`). Where one direction alone is captured: the originator acknowledged what only it has seen,
   * and nothing is known of the responder's side.
   */
  flowAnswered(flow: LiveFlow): void
  /**
   * The application said something that was read: a question, a request, a refused login. Once for each
   * fact, after `flowOpened` and `flowAnswered` of the same packet. Facts are made only where this is.
   */
  flowSpoke?(flow: LiveFlow, fact: ApplicationFact): void
  /** The flow left the table. */
  flowEnded(flow: LiveFlow, reason: EndReason): void
}

/** The finished flow that leaves the sensor: what the log stores. Same units as `LiveFlow`. */
export interface Flow {
  readonly communityId: string
  readonly interface: string
  readonly ipVersion: number
  readonly originator: string
  readonly originatorPort: number
  readonly responder: string
  readonly responderPort: number
  readonly protocol: number
  readonly vlan: number
  readonly startUs: number
  readonly endUs: number
  readonly originatorPackets: number
  readonly responderPackets: number
  readonly originatorBytes: number
  readonly responderBytes: number
  readonly originatorPayloadBytes: number
  readonly responderPayloadBytes: number
  readonly originatorTcpFlags: number
  readonly responderTcpFlags: number
  readonly retransmissions: number
  readonly handshakeRttUs: number | null
  readonly connState: ConnState
  readonly application: Application
  /** What the application said; null when nothing was read. */
  readonly facts: ApplicationFacts | null
  readonly endReason: EndReason
  /** Isolation forest: how unlike this host's own past, 0–1; null when no model was in force. */
  readonly anomalyScore: number | null
  /** Random forest: share of votes for "attack", 0–1; null when no model was in force. */
  readonly attackScore: number | null
  /** Who on this host it belongs to; null from the sensor, and when it is not known. */
  readonly process: components['schemas']['Process'] | null
}
