/** What every destination of events promises. Learn one sink, know them all. */
import type { Event } from '../record/event.ts'

/** A destination's answer for a batch. */
export type Receipt =
  /** Everything up to and with this sequence number is the destination's now. */
  | { readonly kind: 'accepted'; readonly sequence: number }
  /** Nothing more got through; try again from the stored position, not before `afterMs`. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs: number | null }
  /** This one event can never be taken; it is counted, logged and passed over. */
  | { readonly kind: 'rejected'; readonly sequence: number; readonly reason: string }

export interface Sink {
  readonly name: string
  /**
   * Sends a batch in order. Never throws: what goes wrong is a Receipt.
   *
   * `accepted` may name an earlier event than the batch's last (or 0 for none): the rest is on its way and
   * not yet known to have arrived. An empty batch sends nothing and asks what has arrived since.
   */
  send(events: readonly Event[]): Promise<Receipt>
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
