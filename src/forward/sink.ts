/** What every destination of events promises. Learn one sink, know them all. */
import type { Outgoing } from './outgoing.ts'

/** An event that a destination can never take. */
export interface Rejection {
  readonly sequence: number
  readonly reason: string
}

/** A destination's answer for a batch. */
export type Receipt =
  /**
   * Everything up to and with this sequence number is the destination's now. Those of the batch in `rejected`
   * can never be taken: they are counted, logged and passed over.
   */
  | {
      readonly kind: 'accepted'
      readonly sequence: number
      readonly rejected?: readonly Rejection[]
    }
  /** Nothing more got through; try again from the stored position, not before `afterMs`. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs: number | null }
  /** This event can never be taken, and all before it are the destination's; it is passed over like those. */
  | ({ readonly kind: 'rejected' } & Rejection)

/** Thrown inside a sink where a batch has to be sent again, and perhaps not before a time. */
export class Retry extends Error {
  readonly afterMs: number | null

  constructor(reason: string, afterMs: number | null = null) {
    super(reason)
    this.afterMs = afterMs
  }
}

/** Makes the receipt for whatever went wrong. */
export function retryFor(cause: unknown, reasonOf: (cause: unknown) => string): Receipt {
  const afterMs = cause instanceof Retry ? cause.afterMs : null
  return { kind: 'retry', reason: reasonOf(cause), afterMs }
}

export interface Sink {
  readonly name: string
  /**
   * Sends a batch in order. Never throws: what goes wrong is a Receipt.
   *
   * `accepted` may name an earlier event than the batch's last (or 0 for none): the rest is on its way and
   * not yet known to have arrived. An empty batch sends nothing and asks what has arrived since.
   *
   * `hasMore`: the next batch follows at once, so that waiting for what this one comes to would hold it up.
   */
  send(events: readonly Outgoing[], hasMore?: boolean): Promise<Receipt>
  /**
   * Ends within a second. Gives the sequence up to which the destination had everything, or null when
   * nothing is known beyond the last receipt.
   */
  close(): Promise<number | null>
}

/** What a sink is told of the agent. */
export interface SinkContext {
  /** Version of Picket, for the messages. */
  readonly version: string
}
