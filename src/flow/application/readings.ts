/** Reads what flows' applications say: recognises each by its first payloads, then lets its reader read. */
import { Packet } from '../../decode/index.ts'
import { Ration } from '../../core/ration.ts'
import { IpProtocol } from '../../net/protocol.ts'
import type { FlowObserver, LiveFlow } from '../flow.ts'
import type { FlowShedding } from '../shedding.ts'
import type { FlowRecords } from '../table/flow-records.ts'
import { State, WORD_SHIFT, Word } from '../table/record-layout.ts'
import { FactStore, NO_READER } from './fact-store.ts'
import type { ApplicationFact, ApplicationFacts } from './facts.ts'
import { recogniseApplication } from './index.ts'
import { LONG_ENOUGH, Opening, SHORT_OPENING } from './opening.ts'
import { MOST_READS, Next, TextBudget, type FactReader, type ReadingContext } from './reader.ts'
import { tellJavaObject } from './java-object.ts'
import { isOverflow, isTextual, RawTalk, tellOverflow } from './raw-talk.ts'
import { createReader } from './readers.ts'
import { restOf, SegmentOrder } from './segment-order.ts'
import { StreamBuffers } from './stream-buffers.ts'
import { UnknownReadings } from './unknown/unknown-readings.ts'

/** Payloads looked at before a flow's application is left unknown. */
const MOST_LOOKS = 8
/** Characters kept for all flows together. */
const MOST_TEXT = 33_554_432
/** A minute, of all flows together; two seconds of a processor. */
const MOST_DECRYPTIONS = 30_000

/** What fact reading could not keep or do, since the start. */
export interface FactStatistics {
  /** Flows that have facts now. */
  readonly flowsWithFacts: number
  /** Flows not read because the store was full. */
  readonly refusedFacts: number
  /** Texts not kept because the flow's share, or all, was used up. */
  readonly refusedTexts: number
  /** Messages over several segments that were given up. */
  readonly lostMessages: number
}

export class ApplicationReadings {
  readonly #shedding: FlowShedding
  readonly #words: Int32Array
  readonly #observer: FlowObserver
  readonly #store = new FactStore()
  readonly #context: ReadingContext
  readonly #unknown = new UnknownReadings((fact) => this.#pending.push(fact))
  readonly #order = new SegmentOrder((record, packet, side, gap) => {
    const state = this.#words[(record << WORD_SHIFT) + Word.STATE]!
    if (wantsPayload(state, side)) this.#readInOrder(record, packet, side, gap)
  })
  /** The part of a segment that its side had not sent before. */
  readonly #news = new Packet()
  #pending: ApplicationFact[] = []

  /** Where `shedding` says so applications are still recognised, but nothing is read of them. */
  constructor(records: FlowRecords, observer: FlowObserver, shedding: FlowShedding) {
    this.#shedding = shedding
    this.#words = records.words
    this.#observer = observer
    this.#context = {
      isHeard: observer.flowSpoke !== undefined,
      buffers: new StreamBuffers(),
      text: new TextBudget(MOST_TEXT),
      decryptions: new Ration(MOST_DECRYPTIONS),
      tell: (fact) => this.#pending.push(fact),
    }
  }

  /**
   * Reads a packet's payload; call it only where `wantsPayload` says so.
   *
   * `gap`: how far a segment begins past the byte expected next; 0 for datagrams.
   * Cost: recognition is a few comparisons and allocates nothing; a reader is one object a flow.
   */
  read(record: number, packet: Packet, side: number, gap: number): void {
    const isOrderly = gap === 0 && this.#order.isIdle
    const isOrdered = packet.protocol === IpProtocol.TCP && this.#shedding.readsApplications
    if (isOrderly || !isOrdered) this.#readInOrder(record, packet, side, gap)
    else this.#order.take(record, packet, side, gap)
  }

  /** Reads what is held of a flow until more comes: nothing will any more. */
  settle(record: number): void {
    if (!this.#order.isIdle) this.#order.settle(record)
    const place = this.#words[(record << WORD_SHIFT) + Word.FACTS]!
    if (place !== NO_READER) this.#store.at(place)?.settle()
  }

  #readInOrder(record: number, packet: Packet, side: number, gap: number): void {
    const words = this.#words
    const at = record << WORD_SHIFT
    const state = words[at + Word.STATE]!
    const application = (state >>> State.APPLICATION_SHIFT) & State.APPLICATION_MASK
    if (application === 0) {
      this.#recognise(at, packet, side, gap)
      if (packet.protocol === IpProtocol.TCP) this.#readUnknown(at, packet, side, gap)
    } else if (!this.#shedding.readsApplications) {
      this.#shedding.unreadPayloads += 1
    } else {
      const place = words[at + Word.FACTS]!
      const reader = place === NO_READER ? this.#open(at, application) : this.#store.at(place)
      if (reader === null) words[at + Word.STATE]! |= State.READ_OUT
      else if (gap >= 0) this.#readOn(reader, at, packet, side, gap)
      else if (packet.payloadLength > -gap) {
        // It repeats what was read, and goes on.
        this.#readOn(reader, at, restOf(packet, -gap, this.#news), side, 0)
      }
    }
  }

  /** What is known of a flow; null when nothing is. Allocates. */
  facts(record: number): ApplicationFacts | null {
    const place = this.#words[(record << WORD_SHIFT) + Word.FACTS]!
    return place === NO_READER ? null : (this.#store.at(place)?.facts() ?? null)
  }

  /** Forgets a flow that ended. */
  remove(record: number): void {
    const at = record << WORD_SHIFT
    const place = this.#words[at + Word.FACTS]!
    if (place !== NO_READER) this.#store.remove(place)
    if ((this.#words[at + Word.STATE]! & State.UNKNOWN_READ) !== 0) this.#unknown.remove(record)
  }

  get hasNews(): boolean {
    return this.#pending.length > 0
  }

  /** Tells the observer the facts that the last packet gave. */
  tellNews(flow: LiveFlow): void {
    const facts = this.#pending
    this.#pending = []
    for (const fact of facts) this.#observer.flowSpoke?.(flow, fact)
  }

  get statistics(): FactStatistics {
    return {
      flowsWithFacts: this.#store.held,
      refusedFacts: this.#store.refused,
      refusedTexts: this.#context.text.refused,
      lostMessages: this.#context.buffers.lost + this.#order.lost,
    }
  }

  #recognise(at: number, packet: Packet, side: number, gap: number): void {
    const words = this.#words
    const state = words[at + Word.STATE]!
    const looks = looksOf(state) + 1
    const opening = this.#store.at(words[at + Word.FACTS]!)
    if (opening instanceof RawTalk) return this.#readRaw(opening, at, packet, side, gap)
    // Looked at enough, and still read only because nobody knows what it is.
    if (looks > MOST_LOOKS) return
    const shown = opening instanceof Opening ? (opening.join(packet, side) ?? packet) : packet
    const application = recogniseApplication(shown)
    if (application !== 0) {
      words[at + Word.STATE] = state | (application << State.APPLICATION_SHIFT)
      if (opening === null) this.#readInOrder(record(at), shown, side, 0)
      else this.#readJoined(at, shown, side)
    } else if (shown !== packet && Opening.mayGoOn(shown, LONG_ENOUGH)) {
      // Pieces of one payload are one look.
    } else if (this.#mayOpen(packet, looks)) {
      this.#openOpening(at, packet, side)
      words[at + Word.STATE] = state + (1 << State.LOOKS_SHIFT)
    } else if (!this.#openRaw(at, packet, side, gap)) {
      const isLast = looks >= MOST_LOOKS
      if (isLast || shown !== packet) this.#forget(at)
      words[at + Word.STATE] = (state + (1 << State.LOOKS_SHIFT)) | (isLast ? State.READ_OUT : 0)
    }
  }

  /** What no application begins with may be a shell's words, or filler for somebody's buffer. */
  #openRaw(at: number, packet: Packet, side: number, gap: number): boolean {
    if (!this.#context.isHeard || packet.protocol !== IpProtocol.TCP) return false
    if (isOverflow(packet)) tellOverflow(this.#context, packet, side)
    tellJavaObject(this.#context, packet, side)
    const isDoubtful = (this.#words[at + Word.STATE]! & State.CONFIRMED) === 0
    if (!isTextual(packet) || isDoubtful || !this.#store.hasRoom(false)) return false
    this.#forget(at)
    const talk = new RawTalk(this.#context)
    this.#words[at + Word.FACTS] = this.#store.add(talk, false)
    this.#readRaw(talk, at, packet, side, gap)
    return true
  }

  /** Text that turns out to be an application's after all is left to its reader. */
  #readRaw(talk: RawTalk, at: number, packet: Packet, side: number, gap: number): void {
    const application = talk.reads < MOST_LOOKS ? recogniseApplication(packet) : 0
    if (application !== 0) {
      this.#words[at + Word.STATE]! |= application << State.APPLICATION_SHIFT
      this.#readJoined(at, packet, side)
    } else if (talk.read(packet, side, gap) === Next.DONE) {
      this.#forget(at)
      // No further look: what else may be read of it is for whoever reads unknown protocols.
      this.#words[at + Word.STATE]! |= State.READ_OUT | (State.LOOKS_MASK << State.LOOKS_SHIFT)
    }
  }

  /**
   * Reads on in a conversation that no look recognised, while somebody listens; whatever a recognised one said
   * before is forgotten.
   */
  #readUnknown(at: number, packet: Packet, side: number, gap: number): void {
    const words = this.#words
    const isKnown =
      ((words[at + Word.STATE]! >>> State.APPLICATION_SHIFT) & State.APPLICATION_MASK) !== 0
    if (isKnown) {
      if ((words[at + Word.STATE]! & State.UNKNOWN_READ) !== 0) this.#unknown.remove(record(at))
      words[at + Word.STATE]! &= ~State.UNKNOWN_READ
      return
    }
    if (!this.#context.isHeard || !this.#shedding.readsApplications || gap < 0) return
    const isWanted = this.#unknown.read(record(at), packet, side)
    if (isWanted) words[at + Word.STATE]! &= ~State.READ_OUT
    else if (looksOf(words[at + Word.STATE]!) >= MOST_LOOKS)
      words[at + Word.STATE]! |= State.READ_OUT
    if (isWanted) words[at + Word.STATE]! |= State.UNKNOWN_READ
    else words[at + Word.STATE]! &= ~State.UNKNOWN_READ
  }

  /** Says whether a first payload may be only a piece of the application's first words. */
  #mayOpen(packet: Packet, looks: number): boolean {
    const isFirst = looks === 1 && packet.protocol === IpProtocol.TCP
    return isFirst && this.#shedding.readsApplications && Opening.mayGoOn(packet, SHORT_OPENING)
  }

  #openOpening(at: number, packet: Packet, side: number): void {
    const isDoubtful = (this.#words[at + Word.STATE]! & State.CONFIRMED) === 0
    if (!this.#store.hasRoom(isDoubtful)) return
    const opening = new Opening(this.#context, packet, side)
    this.#words[at + Word.FACTS] = this.#store.add(opening, isDoubtful)
  }

  /** The application's own reader takes the opening's place; the joined bytes stay valid until it has read. */
  #readJoined(at: number, joined: Packet, side: number): void {
    const place = this.#words[at + Word.FACTS]!
    this.#words[at + Word.FACTS] = NO_READER
    this.#readInOrder(record(at), joined, side, 0)
    this.#store.remove(place)
  }

  #forget(at: number): void {
    const place = this.#words[at + Word.FACTS]!
    if (place === NO_READER) return
    this.#words[at + Word.FACTS] = NO_READER
    this.#store.remove(place)
  }

  #open(at: number, application: number): FactReader | null {
    const isDoubtful = (this.#words[at + Word.STATE]! & State.CONFIRMED) === 0
    const make = createReader(application)
    if (make === null || !this.#store.hasRoom(isDoubtful)) return null
    const reader = make(this.#context)
    this.#words[at + Word.FACTS] = this.#store.add(reader, isDoubtful)
    return reader
  }

  #readOn(reader: FactReader, at: number, packet: Packet, side: number, gap: number): void {
    const words = this.#words
    const next = reader.take(packet, side, gap)
    words[at + Word.READS]! += 1
    // Whoever speaks gives the other side its turn again.
    let state = words[at + Word.STATE]! & ~(State.ORIGINATOR_QUIET << (1 - side))
    if (next === Next.TURN) state |= State.ORIGINATOR_QUIET << side
    else if (next === Next.DONE || words[at + Word.READS]! >= MOST_READS) state |= State.READ_OUT
    words[at + Word.STATE] = state
  }
}

function looksOf(state: number): number {
  return (state >>> State.LOOKS_SHIFT) & State.LOOKS_MASK
}

function record(at: number): number {
  return at >>> WORD_SHIFT
}

/** Says whether a flow's application still listens to this side; two bits of its record. */
export function wantsPayload(state: number, side: number): boolean {
  return (state & (State.READ_OUT | (State.ORIGINATOR_QUIET << side))) === 0
}
