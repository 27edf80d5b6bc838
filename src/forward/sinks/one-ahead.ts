/** One batch on its way while the next is being made, so that neither the agent nor the receiver waits for the other. */
import type { Rejection } from '../sink.ts'

/** A batch, made and ready to go. */
export interface ReadyBatch<Content> {
  /** The number of its last event. */
  readonly sequence: number
  readonly content: Content
}

/** Everything up to and with `sequence` has arrived, but for what is rejected. */
export interface Arrival {
  readonly sequence: number
  readonly rejected: readonly Rejection[]
}

/** Batches go in order: one is sent when the one before has been answered. Memory: two batches. */
export class OneAhead<Content> {
  readonly #deliver: (content: Content) => Promise<readonly Rejection[]>
  #underWay: { readonly sequence: number; readonly answer: Promise<readonly Rejection[]> } | null =
    null
  #accepted = 0

  constructor(deliver: (content: Content) => Promise<readonly Rejection[]>) {
    this.#deliver = deliver
  }

  /**
   * Sends a batch, null for none, and tells what has arrived by now; without `hasMore` that is all.
   *
   * Errors: what came of the batch before, and nothing of this one is then sent; without `hasMore` of this one, too.
   * What is under way is forgotten then.
   */
  async send(batch: ReadyBatch<Content> | null, hasMore: boolean): Promise<Arrival> {
    const rejected = [...(await this.#answered())]
    if (batch !== null) {
      const answer = this.#deliver(batch.content)
      // Told when it is asked for.
      answer.catch(() => undefined)
      this.#underWay = { sequence: batch.sequence, answer }
    }
    if (!hasMore) rejected.push(...(await this.#answered()))
    return { sequence: this.#accepted, rejected }
  }

  async #answered(): Promise<readonly Rejection[]> {
    const underWay = this.#underWay
    if (underWay === null) return []
    try {
      const rejected = await underWay.answer
      // What is no state of the log (a heartbeat) has no number of its own.
      this.#accepted = Math.max(this.#accepted, underWay.sequence)
      return rejected
    } finally {
      // Whoever closes the sink may have asked, too.
      if (this.#underWay === underWay) this.#underWay = null
    }
  }
}
