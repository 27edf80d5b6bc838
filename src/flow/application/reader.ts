/** What every application's reader is: one small object a flow, fed with payloads, asked for facts. */
import type { Packet } from '../../decode/index.ts'
import type { ApplicationFact, ApplicationFacts } from './facts.ts'
import type { StreamBuffers } from './stream-buffers.ts'

/** What a reader wants of the payloads to come. */
export const Next = {
  /** To see the next one, whoever sends it. */
  MORE: 0,
  /** Nothing more: the flow's packets cost a test of one bit from here on. */
  DONE: 1,
  /** Nothing more of this side until the other has spoken: a body follows. */
  TURN: 2,
} as const

/** Characters one flow may keep. */
export const MOST_TEXT_OF_FLOW = 4096
/** Payloads looked at in one flow. */
export const MOST_READS = 65_536

/** What all readers of a flow table share. */
export interface ReadingContext {
  /** Somebody listens to single facts; otherwise none is made. */
  readonly isHeard: boolean
  readonly buffers: StreamBuffers
  readonly text: TextBudget
  /** Tells a fact of the flow that is being read. */
  tell(fact: ApplicationFact): void
}

/** The characters that all flows together may keep. */
export class TextBudget {
  #left: number
  #refused = 0

  constructor(characters: number) {
    this.#left = characters
  }

  /** Texts not kept because the flow's share or all was used up. */
  get refused(): number {
    return this.#refused
  }

  /** Takes from what is left; false, and counted, when it does not suffice. */
  take(characters: number, isAllowed: boolean): boolean {
    if (!isAllowed || characters > this.#left) {
      this.#refused += 1
      return false
    }
    this.#left -= characters
    return true
  }

  giveBack(characters: number): void {
    this.#left += characters
  }
}

/** Reads one flow's application. Payloads are valid only during the call. */
export abstract class FactReader {
  /** Also segments that come late, or again, are wanted: a message is being put together. */
  isAssembling = false
  /** Payloads read so far. */
  reads = 0
  protected readonly context: ReadingContext
  #heldText = 0

  constructor(context: ReadingContext) {
    this.context = context
  }

  /**
   * Reads a payload and says, by `Next`, what it wants next.
   *
   * `side` is 0 for the originator; `gap` is how far the segment begins past the byte expected next:
   * 0 in order, more after a loss, less when it repeats. Never throws, whatever the bytes.
   */
  abstract read(packet: Packet, side: number, gap: number): number

  /** Everything learned, as a plain object; null when that is nothing. Allocates. */
  abstract facts(): ApplicationFacts | null

  /** Keeps text for as long as the flow lives, if the bounds allow it; null when they do not. */
  protected keep(text: string | null): string | null {
    return text !== null && this.mayHold(text.length) ? text : null
  }

  /** Takes room for so many characters, or bytes, until the flow ends; false when there is none. */
  protected mayHold(characters: number): boolean {
    const isAllowed = this.#heldText + characters <= MOST_TEXT_OF_FLOW
    if (!this.context.text.take(characters, isAllowed)) return false
    this.#heldText += characters
    return true
  }

  /** Gives back what was kept; call it once, when the flow ends. */
  release(): void {
    this.context.text.giveBack(this.#heldText)
    this.#heldText = 0
  }
}
