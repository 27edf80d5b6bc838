/** A detection: one detector's claim about a story, with its reasons. It claims; policy decides. */
import type { components } from '../../openapi/contract.d.ts'
import type { DetectorName, Kind } from './told-names.ts'

export { DETECTORS, KINDS, type DetectorName, type Kind } from './told-names.ts'

/** The name of a Sigma rule's findings. */
export type RuleDetector = `sigma:${string}`
declare const ofRule: unique symbol
/** A kind that a Sigma rule names. */
export type RuleKind = string & { readonly [ofRule]: true }

/** The families of events, as the contract lists them. */
export const FAMILIES = [
  'scan', 'sweep', 'flood', 'amplification', 'bruteforce', 'tunnel', 'exfiltration', 'c2', 'spoofing',
  'evasion', 'exploit', 'web', 'lateral', 'anomaly', 'intel', 'policy', 'health',
] as const satisfies readonly components['schemas']['Family'][] // prettier-ignore
export type Family = (typeof FAMILIES)[number]

/** One checkable reason: what was measured, what is usual, and how much it weighed (0–1). */
export type Reason = components['schemas']['Reason']

/** Frames of a story, as records of a classic pcap file (µs, little-endian) one after the other. */
export interface PacketEvidence {
  /** LINKTYPE number. */
  readonly linkType: number
  readonly packets: number
  readonly records: Uint8Array
}

/**
 * A claim about one story. A detector sends the same `id` again as the story goes on, with the counts so
 * far; the repeats fold into one event.
 */
export interface Detection {
  /** UUIDv7 of this telling of the story, made by the detector when it first spoke. */
  readonly id: string
  /** Stable name of the detector: `port-scan`. */
  readonly detector: DetectorName | RuleDetector
  /** Dotted event kind: `scan.vertical.syn`; stable and documented. */
  readonly kind: Kind | RuleKind
  readonly family: Family
  /** 0–10; below 4 notable only, 7 and above wakes somebody up. */
  readonly severity: number
  /** 0–1. */
  readonly confidence: number
  /** Who did it; null where nobody can honestly be named (spoofed floods). Canonical address. */
  readonly attacker: string | null
  /** To whom; canonical addresses, at most 32. */
  readonly victims: readonly string[]
  /** The infected or misused local host (c2, tunnel, exfiltration, anomaly), whose attacker is the far end. */
  readonly host: string | null
  readonly domain: string | null
  /** µs since the epoch, by the packets' clock. */
  readonly firstSeenUs: number
  readonly lastSeenUs: number
  /** How many observations (probes, attempts, packets) the story holds so far. */
  readonly count: number
  /** One sentence a person can check. */
  readonly summary: string
  readonly reasons: readonly Reason[]
  /** MITRE ATT&CK techniques. */
  readonly mitre: readonly string[]
  /** Community IDs of up to 16 flows of the story. */
  readonly flows: readonly string[]
  /** The victims' port, where the story is about one; absent where it is about several or none. */
  readonly port?: number | null
  /** Who on this host its flows belong to; the agent adds it, since detectors see packets only. */
  readonly process?: components['schemas']['Process'] | null
  /** Frames behind it that no earlier telling brought; the sensor adds them, after the detectors. */
  readonly evidence?: PacketEvidence
  /** The self-test that made it up; absent from every detection of real traffic. */
  readonly selfTest?: string
  /** The story is over as far as the detector can tell; the next telling gets a new id. */
  readonly isFinal: boolean
}

const SIGMA_PREFIX = 'sigma:'

/** Names the detector of what a Sigma rule finds. */
export const detectorOfRule = (rule: string): RuleDetector => `sigma:${rule}`

/** The rule behind a detector's name; null where it is another detector. */
export const ruleOfDetector = (detector: string): string | null =>
  detector.startsWith(SIGMA_PREFIX) ? detector.slice(SIGMA_PREFIX.length) : null
