/** What every application's reader is: one small object a flow, fed with payloads, asked for facts. */
import type { Packet } from '../../decode/index.ts'
import type { Ration } from '../../core/ration.ts'
import { IpProtocol } from '../../net/protocol.ts'
import type { ApplicationFact, ApplicationFacts } from './facts.ts'
import { JoinedSegments } from './streams/joined-segments.ts'
import { latin1At, type Payload } from './payload.ts'
import type { StreamBuffers } from './streams/stream-buffers.ts'

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
  /** How many packets a minute are decrypted: each costs as much as ten that are read in the clear. */
  readonly decryptions: Ration
  /** Tells a fact of the flow that is being read. */
  tell(fact: ApplicationFact): void
}

/** Bytes kept for later, as a string of Latin-1: V8 makes one in a third of the time of a typed array. */
export class SetAside {
  readonly #text: string

  constructor(bytes: Payload) {
    this.#text = latin1At(bytes)
  }

  payload(): Payload {
    const buffer = Buffer.from(this.#text, 'latin1')
    const { length } = buffer
    return { buffer, payloadOffset: 0, payloadCaptured: length, payloadLength: length }
  }
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

/**
 * Reads one flow's application. Payloads are valid only during the call.
 *
 * The three fields are assigned, not initialised: twenty classes share this constructor, and V8 defines an
 * initialised field of such a class a hundred times as slowly as it assigns one.
 */
export abstract class FactReader {
  declare protected readonly context: ReadingContext
  declare private heldText: number
  /** A message that a segment cut, until its end comes. */
  declare private pieces: JoinedSegments | null

  constructor(context: ReadingContext) {
    this.context = context
    this.heldText = 0
    this.pieces = null
  }

  /** Takes a payload, and reads it unless it is a piece of a message: then it is read with what follows. */
  take(packet: Packet, side: number, gap: number): number {
    const pieces = this.pieces
    if (pieces === null) return this.#takeAlone(packet, side, gap)
    if (pieces.side !== side || gap !== 0) {
      return this.settle() === Next.DONE ? Next.DONE : this.#takeAlone(packet, side, gap)
    }
    const { bytes } = pieces
    const joined = pieces.add(packet)
    if (joined !== null && this.isPiece(joined, side) && pieces.wait(packet)) return Next.MORE
    this.pieces = null
    const next = joined === null ? this.read(packet, side, bytes) : this.read(joined, side, 0)
    pieces.end()
    return next
  }

  /** Reads the piece of a message that is kept: its end will not come. */
  settle(): number {
    const pieces = this.pieces
    const shown = pieces?.show() ?? null
    this.pieces = null
    const next = pieces === null || shown === null ? Next.MORE : this.read(shown, pieces.side, 0)
    pieces?.end()
    return next
  }

  #takeAlone(packet: Packet, side: number, gap: number): number {
    const isTcp = packet.protocol === IpProtocol.TCP
    if (!isTcp || gap !== 0 || !this.isPiece(packet, side)) return this.read(packet, side, gap)
    this.pieces = new JoinedSegments(this.context.buffers, packet, side)
    return Next.MORE
  }

  /** Says whether a segment, or several, end within a message that is read only as a whole. */
  protected isPiece(_payload: Payload, _side: number): boolean {
    return false
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
    const isAllowed = this.heldText + characters <= MOST_TEXT_OF_FLOW
    if (!this.context.text.take(characters, isAllowed)) return false
    this.heldText += characters
    return true
  }

  /**
   * Copies bytes to be read only when the flow's facts are asked for; null where somebody listens, or
   * there is no room, so that they must be read now. Many flows end without a record of their own.
   */
  protected setAside(bytes: Payload): SetAside | null {
    if (this.context.isHeard || !this.mayHold(bytes.payloadCaptured)) return null
    return new SetAside(bytes)
  }

  /** Gives back what was kept; call it once, when the flow ends. */
  release(): void {
    this.pieces?.end()
    this.context.text.giveBack(this.heldText)
    this.heldText = 0
  }
}
