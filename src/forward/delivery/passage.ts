/** A sink's way through the log: what was read, what is under way, and up to where all has arrived. */
import type { Outgoing } from '../outgoing.ts'
import type { Pending, Sieve, SieveState } from './sieve.ts'

/** A place in the log, with all that sending on from there needs. */
export interface Mark {
  /** Number of the last state that was looked at. */
  readonly sequence: number
  /** Number of the last state that was sent, not left out. */
  readonly lastSent: number
  readonly sieve: SieveState
}

/** The next states to send, and where that brings the sink. */
export interface Load {
  readonly events: readonly Outgoing[]
  readonly mark: Mark
  /** How many states were looked at. */
  readonly read: number
}

export interface PassageOptions {
  readonly start: Mark
  readonly sieve: Sieve
  /** Reads the states after a number, anew each time; none when there is nothing more to send for now. */
  read(after: number): readonly Pending[]
  /** Stores how far everything has arrived. */
  store(mark: Mark): Promise<void>
}

/**
 * Memory: one mark for each batch under way.
 *
 * Each event names the one sent before it (`previousSequence`), so that the chain holds across filters,
 * limits, restarts and repeats: whoever lacks what an event names has lost it.
 */
export class Passage {
  readonly #options: PassageOptions
  #arrived: Mark
  #stored: Mark
  #underWay: Mark[] = []
  /** Ends when what has arrived is stored. */
  #saving: Promise<void> | null = null
  /** Why it could not be stored while nobody waited for it. */
  #unsaved: Error | null = null

  constructor(options: PassageOptions) {
    this.#options = options
    this.#arrived = options.start
    this.#stored = options.start
  }

  /** Up to here the sink has everything. */
  get arrived(): Mark {
    return this.#arrived
  }

  /** Up to here everything was sent. */
  get sent(): Mark {
    return this.#underWay.at(-1) ?? this.#arrived
  }

  get isUnderWay(): boolean {
    return this.#underWay.length > 0
  }

  /** Reads and sifts what comes next; nothing changes by it. */
  next(): Load {
    const from = this.sent
    const states = this.#options.read(from.sequence)
    const { passed, state } = this.#options.sieve.sift(states, from.sieve)
    const sequence = states.at(-1)?.event.sequence ?? from.sequence
    let lastSent = from.lastSent
    for (const event of passed) {
      // In place: what was just read is nobody else's, and a copy costs as much as parsing it did.
      ;(event as { previousSequence?: number }).previousSequence = lastSent
      lastSent = event.sequence
    }
    return { events: passed, mark: { sequence, lastSent, sieve: state }, read: states.length }
  }

  /** The load was sent. */
  depart({ mark }: Load): void {
    if (mark.sequence > this.sent.sequence) this.#underWay.push(mark)
  }

  /**
   * Takes the sink's word that everything up to a number has arrived, and stores it.
   *
   * What cannot be stored for now (a full disk) has arrived all the same: it is not sent again, and stored
   * with the next call.
   */
  async arrive(accepted: number): Promise<void> {
    this.#reach(accepted)
    this.#unsaved = null
    await this.#save()
  }

  /**
   * As `arrive`, where the next batch follows at once: the store's thread is not waited for, and what arrives
   * until it answers is stored together. An agent that is killed meanwhile repeats those few batches.
   *
   * Errors: what storing met since the last call.
   */
  arriveInPassing(accepted: number): void {
    this.#reach(accepted)
    if (this.#unsaved !== null) {
      const cause = this.#unsaved
      this.#unsaved = null
      throw cause
    }
    this.#save().catch((cause: Error) => (this.#unsaved = cause))
  }

  #reach(accepted: number): void {
    const before = this.#arrived
    const known = Math.max(accepted, before.lastSent)
    let reached = before
    let count = 0
    for (const mark of this.#underWay) {
      if (mark.lastSent > known) break
      reached = mark
      count += 1
    }
    // A sink may have taken part of a batch.
    const next = this.#underWay[count]
    if (next !== undefined && accepted > reached.sequence) {
      reached = { ...reached, sequence: accepted, lastSent: accepted }
    }
    this.#arrived = reached
    this.#underWay.splice(0, count)
  }

  /** What never can arrive counts as sent, so that the chain shows its loss. */
  async passOver(sequence: number): Promise<void> {
    this.#arrived = { ...this.#arrived, sequence, lastSent: sequence }
    this.#underWay = []
    await this.#save()
  }

  #save(): Promise<void> {
    this.#saving ??= this.#saveAll()
    return this.#saving
  }

  async #saveAll(): Promise<void> {
    // `#saving` is to be set before it is cleared, and cleared in the turn in which nothing is left to store.
    await Promise.resolve()
    try {
      while (this.#stored !== this.#arrived) {
        const mark = this.#arrived
        await this.#options.store(mark)
        this.#stored = mark
      }
    } finally {
      this.#saving = null
    }
  }

  /** What has not arrived is sent again. */
  goBack(): void {
    this.#underWay = []
  }
}
