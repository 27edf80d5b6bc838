/** The frame every detector stands in: what it may watch, and how it speaks. */
import type { Packet } from '../decode/packet.ts'
import type { ApplicationFact, EndReason, LiveFlow } from '../flow/flow.ts'
import type { Detection } from './detection.ts'
import type { DetectorName } from './told-names.ts'

export type Emit = (detection: Detection) => void

/** Kinds of packets a detector may ask for; a fragment is shown as such and as what it is a piece of. */
export const TRAFFIC = [
  'tcp-bare',
  'tcp-payload',
  'udp',
  'icmp',
  'arp',
  'other',
  'fragment',
] as const
export type Traffic = (typeof TRAFFIC)[number]

export type FactKind = ApplicationFact['kind']

/** The facts of these kinds: what `flowSpoke` gets where `hears` names them, so that none can be forgotten. */
export type Heard<Kinds extends readonly FactKind[]> = Extract<
  ApplicationFact,
  { readonly kind: Kinds[number] }
>

/** What a detector remembers: whoever runs the detector keeps it in step with packet time. */
export interface Memory {
  /** Entries forgotten because a table was full. */
  readonly forgotten: number
  /** As a detector's. */
  tick?(nowUs: number): void
  /** As a detector's. */
  end?(nowUs: number): void
}

/**
 * A detector watches flows (and, only where flows are not enough, packets) and emits detections.
 *
 * It lives on packet time alone, never holds a cursor past the call, and keeps its state in capped tables.
 */
export interface Detector {
  /** Stable name, as in config and events: `port-scan`. */
  readonly name: DetectorName | 'sigma'
  /** Which packets `packet` is shown; `icmp` is ICMPv6 too. Absent where it watches none. */
  readonly watches?: readonly Traffic[]
  /** Each is ticked and ended after the detector itself, in this order. */
  readonly memories?: readonly Memory[]
  /** It is shown flows that are absorbed too, since it asks more of each than whether it is part of a flood. */
  readonly seesAbsorbed?: boolean
  /** Says whether a flow that opens is nothing but one more of what this detector has told. */
  absorbs?(flow: LiveFlow): boolean
  /** A decoded packet, before it is folded into its flow; keep it to a handful of instructions. */
  packet?(packet: Packet): void
  flowOpened?(flow: LiveFlow): void
  flowAnswered?(flow: LiveFlow): void
  /** Each fact as it is read from the flow's application: a DNS message, a request, a refused login. */
  flowSpoke?(flow: LiveFlow, fact: ApplicationFact): void
  /** Which facts `flowSpoke` is told; absent where it is told all. */
  readonly hears?: readonly FactKind[]
  flowEnded?(flow: LiveFlow, reason: EndReason): void
  /** Called about once a second of packet time, and on idle links by the sensor's own tick. */
  tick?(nowUs: number): void
  /** The capture ends: emit what is still to be said, as final. */
  end?(nowUs: number): void
}
