/** The evidence log: the first packets of events, kept as long as their event. */
import type { PacketEvidence } from '../../detect/detection.ts'

/** Packets to be added to those of an event. */
export interface EvidencePiece {
  readonly eventId: string
  readonly evidence: PacketEvidence
}

export interface EvidenceLog {
  /**
   * Adds packets to events in the order given, up to `maxPackets` an event; what is beyond it is left out, and so
   * is what has another link type than the packets before, and what is of an event that is not known.
   *
   * Errors: rejects with `ERR_RECORD_WRITE`; then nothing is kept.
   */
  add(pieces: readonly EvidencePiece[], maxPackets: number): Promise<void>
  /** The packets of an event, oldest first; null when it has none. */
  of(eventId: string): PacketEvidence | null
}
