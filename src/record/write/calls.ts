/** What the writer can be asked to do. */
import type { AllowlistEntry } from '../logs/api/allowlist.ts'
import type { StoredAnswer } from '../logs/api/answer-store.ts'
import type { AuditEntry } from '../logs/audit-trail.ts'
import type { BlockChange } from '../logs/block-log.ts'
import type { Story } from '../logs/event-log.ts'
import type { EvidencePiece } from '../logs/evidence-log.ts'
import type { FleetPosition, StoredFleetOrder } from '../logs/fleet-orders.ts'
import type { ReplayOrder, SinkReplay } from '../logs/outbox.ts'
import type { RecordRoom } from '../record-room.ts'
import type { RuleSwitch } from '../logs/api/rule-switches.ts'
import type { StoredToken } from '../logs/api/token-store.ts'
import type { Suppression, Verdict } from '../logs/triage-log.ts'

/** What a sink's position is one of. */
export type Book = 'events' | 'flows'

/** The place an event state got. */
export interface SavedState {
  readonly sequence: number
  readonly revision: number
}

/** Every call: what goes in and what comes back. `atMs` is the caller's wall clock. */
export interface WriterCalls {
  saveEvents: {
    input: { readonly stories: readonly Story[]; readonly forward: boolean; readonly atMs: number }
    /** Null for what was left unwritten, because the disk is nearly full. */
    output: readonly (SavedState | null)[]
  }
  saveEvidence: {
    input: { readonly pieces: readonly EvidencePiece[]; readonly maxPackets: number }
    /** How many pieces were left unwritten, because the disk is nearly full. */
    output: number
  }
  /** Takes the buffers of flow batches; gives how many flows were written: none where the disk is too full. */
  insertFlows: {
    input: {
      readonly batches: readonly Uint8Array[]
      /** False keeps them from the sinks. */
      readonly forward: boolean
      readonly atMs: number
    }
    output: number
  }
  saveBlocks: {
    input: { readonly changes: readonly BlockChange[]; readonly atMs: number }
    output: null
  }
  saveAllowlistEntry: {
    input: { readonly entry: AllowlistEntry; readonly audit: AuditEntry; readonly atMs: number }
    output: null
  }
  saveToken: {
    input: {
      readonly token: StoredToken
      readonly actor: string
      readonly peer: string | null
      readonly atMs: number
    }
    output: null
  }
  saveVerdict: {
    input: { readonly verdict: Verdict; readonly audit: AuditEntry; readonly atMs: number }
    output: null
  }
  saveSuppression: {
    input: { readonly suppression: Suppression; readonly audit: AuditEntry; readonly atMs: number }
    output: null
  }
  countHidden: {
    input: { readonly id: string; readonly stories: number; readonly atMs: number }
    output: null
  }
  saveAnswer: { input: { readonly answer: StoredAnswer; readonly atMs: number }; output: null }
  forgetAnswer: { input: Pick<StoredAnswer, 'caller' | 'keyHash'>; output: null }
  saveRuleSwitch: {
    input: { readonly entry: RuleSwitch; readonly audit: AuditEntry; readonly atMs: number }
    output: null
  }
  saveFleetOrder: {
    input: { readonly order: StoredFleetOrder; readonly audit: AuditEntry; readonly atMs: number }
    output: null
  }
  advanceFleet: {
    input: { readonly fleet: string; readonly position: FleetPosition }
    output: null
  }
  appendAudit: { input: { readonly entry: AuditEntry; readonly atMs: number }; output: null }
  advanceSink: {
    input: {
      readonly book: Book
      readonly sink: string
      readonly sequence: number
      readonly lastSent: number
      readonly atMs: number
    }
    output: null
  }
  orderReplay: {
    input: {
      readonly book: Book
      readonly order: ReplayOrder
      readonly actor: string
      readonly peer: string | null
      readonly atMs: number
    }
    output: SinkReplay
  }
  advanceReplay: { input: { readonly id: number; readonly sequence: number }; output: null }
  /** Looks at the disk, and sees to the ballast. */
  tend: { input: null; output: RecordRoom }
  /** Deletes one small step of what is too old; false when nothing was left to delete. */
  prune: { input: PruneLimits; output: boolean }
  /** Does nothing but answer: every call made before has been. */
  ping: { input: null; output: null }
  /** Sets a file aside in which a reader met damage, unless that was the file of an earlier `generation`. */
  mend: { input: { readonly generation: number; readonly damage: string }; output: null }
  close: { input: null; output: null }
}

/** Wall-clock times in ms: what was recorded before them goes. */
export interface PruneLimits {
  readonly flowsBeforeMs: number
  readonly eventsBeforeMs: number
  /** States of events that a newer state has replaced. */
  readonly replacedStatesBeforeMs: number
  /** What rows may take; beyond it the oldest go, whatever their age. */
  readonly maxBytes: number
  /** Only flows recorded before it make room for new ones on a disk that is nearly full. */
  readonly flowsMakeRoomBeforeMs: number
}

/** What the thread found, at its start or later, that somebody should know. */
export interface WriterFindings {
  /** How often the file was begun anew since the start. */
  readonly generation: number
  readonly told: readonly string[]
}

export type CallName = keyof WriterCalls

export interface WriterSettings {
  readonly path: string
  readonly nowMs: number
  /** Free space on the disk below which the file does not grow. */
  readonly floorBytes: number
}

/** A call that writes and has nothing to tell but that it is done. */
export type Saver<Name extends keyof WriterCalls> = (input: WriterCalls[Name]['input']) => null
