/** The flow table: packets in, flows out; what it may hold is capped and what it loses is counted. */
import { drawSeed } from '../core/hash-seeds.ts'
import { decodeQuotedPacket, isUnreachable, Packet, PacketKind } from '../decode/index.ts'
import { IpProtocol, TcpFlag } from '../net/protocol.ts'
import { ApplicationReadings, wantsPayload, type FactStatistics } from './application/readings.ts'
import type { FlowConfig } from './config.ts'
import { FlowCursor } from './flow-cursor.ts'
import { FlowKey, packPorts } from './table/flow-key.ts'
import type { EndReason, FlowObserver, LiveFlow } from './flow.ts'
import { countPacket, foldFirstPacket, foldPacket, Side } from './fold/fold-packet.ts'
import { FlowRanks } from './table/flow-ranks.ts'
import { sequenceGap } from './fold/fold-tcp.ts'
import { isAcceptable, isCutShort, isLegible } from './fold/legibility.ts'
import { OneLeg } from './fold/one-leg.ts'
import { FlowShedding, isMereData } from './shedding.ts'
import { EvictionList, EvictionLists } from './table/eviction-lists.ts'
import { FlowRecords, NO_RECORD } from './table/flow-records.ts'
import { PacketClock } from './table/packet-clock.ts'
import { DOUBLE_SHIFT, Double, State, WORD_SHIFT, Word } from './table/record-layout.ts'
import { TimerWheel } from './table/timer-wheel.ts'
import { WaitingFragments } from './table/waiting-fragments.ts'
import { endReasonOf, flowTimeouts, timeoutUs, type FlowTimeouts } from './flow-end.ts'

const SYN_ACK = TcpFlag.SYN | TcpFlag.ACK
/** A table that may not grow holds so many flows all the same. */
const LEAST_LIVE = 1024
/**
 * Of the flows a table may hold, so many may be of one packet without an answer, and always as many as
 * `LEAST_FRESH`. A spoofed flood is made of these: it then stays in the processor's cache, at half the cost and
 * a quarter of the memory, and whoever answers within a tenth of a second still finds the question.
 */
const FRESH_SHARE = 1 / 4
const LEAST_FRESH = 65_536

export interface FlowStatistics extends FactStatistics {
  readonly liveFlows: number
  /** How many may be live at the moment. */
  readonly maxLive: number
  readonly opened: number
  readonly ended: number
  /** Flows lost to a full table, closed ones not counted. */
  readonly evicted: number
  /** The most flows held at the same time so far. */
  readonly highWater: number
  /** How often packet time jumped back by more than reordering explains. */
  readonly clockSteps: number
}

export interface FlowTableOptions {
  /** Of the keyed hash; drawn unless given. */
  readonly hashSeed?: number
  /** What is left out under pressure; nothing unless given. */
  readonly shedding?: FlowShedding
}

/**
 * Folds packets into bidirectional flows and tells an observer when they open, are answered and end.
 *
 * Memory: 264 bytes a flow, at most `maxFlows` of them; pages are paid for as they are first used.
 */
export class FlowTable {
  readonly #observer: FlowObserver
  readonly #timeouts: FlowTimeouts
  readonly #records: FlowRecords
  readonly #wheel: TimerWheel
  readonly #lists: EvictionLists
  readonly #ranks: FlowRanks
  readonly #oneLeg = new OneLeg()
  readonly #clock = new PacketClock()
  readonly #waiting = new WaitingFragments()
  readonly #shedding: FlowShedding
  readonly #readings: ApplicationReadings
  readonly #cursor: FlowCursor
  readonly #key: FlowKey
  readonly #quoted = new Packet()
  readonly #fire: (record: number) => void
  #maxLive: number
  readonly #maxFresh: number
  #opened = 0
  #ended = 0
  #evicted = 0

  constructor(config: FlowConfig, observer: FlowObserver, options: FlowTableOptions = {}) {
    this.#observer = observer
    this.#shedding = options.shedding ?? new FlowShedding()
    this.#timeouts = flowTimeouts(config)
    this.#records = new FlowRecords(config.maxFlows)
    this.#maxLive = config.maxFlows
    this.#maxFresh = Math.max(LEAST_FRESH, config.maxFlows * FRESH_SHARE)
    this.#wheel = new TimerWheel(this.#records)
    this.#lists = new EvictionLists(this.#records)
    this.#ranks = new FlowRanks(this.#records, this.#lists)
    this.#readings = new ApplicationReadings(this.#records, observer, this.#shedding)
    this.#cursor = new FlowCursor(this.#records, (record) => this.#readings.facts(record))
    this.#key = new FlowKey(options.hashSeed ?? drawSeed())
    this.#fire = (record) => this.#endOrPutOff(record)
  }

  /**
   * Folds a packet into its flow, opening one if none is live; the cursor stays on it until the next call.
   *
   * Returns null for what belongs to no flow: not IP, malformed so that its receiver drops it too, or the first
   * packet of a flow while none are to be opened; and for a later fragment that waits for its first, up to a
   * second, to be folded after it.
   * Cost: O(1), no allocation. Errors: never throws; a full table evicts and counts.
   * Source: RFC 9293 §3.6 (closing), RFC 5103 (both directions in one record).
   */
  fold(packet: Packet): LiveFlow | null {
    if (packet.kind !== PacketKind.IP) return null
    this.#passTime(packet)
    if (packet.isFragment) return this.#foldFragment(packet)
    return isAcceptable(packet) ? this.#foldWhole(packet) : null
  }

  #foldFragment(packet: Packet): LiveFlow | null {
    const waiting = this.#waiting
    if (!isAcceptable(packet)) {
      this.#foldWaiting(packet)
      return null
    }
    if (!waiting.isWanting(packet)) {
      const flow = this.#foldWhole(packet)
      this.#foldWaiting(packet)
      return flow
    }
    waiting.hold(packet, this.#clock.nowUs)
    return null
  }

  /** Folds the later fragments that waited for this one. */
  #foldWaiting(first: Packet): void {
    if (first.isLaterFragment || this.#waiting.count === 0) return
    for (let piece = this.#waiting.takeOf(first); piece !== null;) {
      this.#foldWhole(piece)
      piece = this.#waiting.takeOf(first)
    }
  }

  #foldWhole(packet: Packet): LiveFlow | null {
    this.#key.takeAddresses(packet)
    this.#key.setPorts(packPorts(packet))
    let record = this.#records.find(this.#key)
    let side: number = this.#records.isReverse ? Side.RESPONDER : Side.ORIGINATOR
    let inherited = 0
    if (record === NO_RECORD) {
      side = openingSide(packet)
    } else if (this.#isReused(record, packet)) {
      this.#endNow(record, 'idle')
      record = NO_RECORD
      side = Side.ORIGINATOR
    } else if (this.#isTooOld(record, packet)) {
      inherited = this.#stateOf(record) & State.INHERITED
      this.#endNow(record, 'active-timeout')
      record = NO_RECORD
    }
    const isNew = record === NO_RECORD
    if (isNew) record = this.#open(packet, side, inherited)
    if (record === NO_RECORD) return null
    this.#add(record, packet, side)
    this.#cursor.pointAt(record)
    if (isNew) this.#tellOpened(record)
    else this.#wake(record, packet, side)
    this.#noteAnswer(record, packet, side)
    if (isUnreachable(packet)) this.#refuse(packet)
    this.#cursor.pointAt(record)
    if (this.#readings.hasNews) this.#readings.tellNews(this.#cursor)
    return this.#cursor
  }

  /**
   * Ends the flows whose time is up by the packets' clock; `fold` does so itself, a silent link needs it.
   *
   * Cost: nothing until the next tick of 0.13 s; then the flows due, at most one look a flow.
   */
  advance(nowUs: number): void {
    this.#passTime({ timestampUs: nowUs })
  }

  /** Ends every live flow: closed ones with their own reason, the rest with `capture-end`. */
  end(): void {
    for (let piece = this.#waiting.takeAny(); piece !== null; piece = this.#waiting.takeAny()) {
      this.#foldWhole(piece)
    }
    for (let record = this.#lists.first(); record !== NO_RECORD; record = this.#lists.first()) {
      this.#endNow(record, 'capture-end')
    }
  }

  /**
   * Keeps the table from growing beyond the most flows it ever held, or lets it grow again.
   *
   * Memory once used is not given back, so that to hold fewer flows than before would spare none.
   */
  set mayGrow(mayGrow: boolean) {
    const { capacity, highWater } = this.#records
    this.#maxLive = mayGrow ? capacity : Math.min(capacity, Math.max(LEAST_LIVE, highWater))
  }

  get statistics(): FlowStatistics {
    return {
      maxLive: this.#maxLive,
      ...this.#readings.statistics,
      liveFlows: this.#records.live,
      opened: this.#opened,
      ended: this.#ended,
      evicted: this.#evicted,
      highWater: this.#records.highWater,
      clockSteps: this.#clock.steps,
    }
  }

  #passTime(seen: { readonly timestampUs: number }): void {
    this.#clock.observe(seen)
    if (this.#waiting.count > 0) this.#foldOverdue()
    if (this.#wheel.isDue(this.#clock)) this.#wheel.advance(this.#clock.nowUs, this.#fire)
  }

  /** Folds, with ports 0, the later fragments whose first did not come. */
  #foldOverdue(): void {
    const { nowUs } = this.#clock
    for (let piece = this.#waiting.takeDue(nowUs); piece !== null;) {
      this.#foldWhole(piece)
      piece = this.#waiting.takeDue(nowUs)
    }
  }

  /** A SYN on a closed flow's five-tuple opens a new flow: the port is used again. */
  #isReused(record: number, packet: Packet): boolean {
    const isClosed = (this.#stateOf(record) & State.CLOSED) !== 0
    return isClosed && (packet.tcpFlags & SYN_ACK) === TcpFlag.SYN
  }

  #isTooOld(record: number, packet: Packet): boolean {
    const startUs = this.#records.doubles[(record << DOUBLE_SHIFT) + Double.START_US]!
    return packet.timestampUs - startUs >= this.#timeouts.activeUs
  }

  #stateOf(record: number): number {
    return this.#records.words[(record << WORD_SHIFT) + Word.STATE]!
  }

  /**
   * Files a new flow; the roles stand as `side` says, also when the responder is heard first.
   *
   * Gives `NO_RECORD` when no flows are to be opened; one that goes on after its active timeout is none.
   */
  #open(packet: Packet, side: number, inherited: number): number {
    if (!this.#shedding.opensFlows && inherited === 0) {
      this.#shedding.unopenedPackets += 1
      return NO_RECORD
    }
    const isFull = this.#records.live >= this.#maxLive || this.#lists.fresh >= this.#maxFresh
    if (isFull) this.#endNow(this.#lists.victim(), 'evicted')
    if (side === Side.RESPONDER) this.#key.swap()
    const record = this.#records.add(this.#key)
    this.#records.words[(record << WORD_SHIFT) + Word.STATE] = inherited
    const isConfirmed = (inherited & State.CONFIRMED) !== 0
    this.#lists.append(record, isConfirmed ? EvictionList.CONFIRMED : EvictionList.FRESH)
    this.#wheel.schedule(record, this.#clock.nowUs + this.#timeouts.unansweredUs)
    foldFirstPacket(this.#records, record, packet)
    this.#opened += 1
    return record
  }

  #add(record: number, packet: Packet, side: number): void {
    const { words, doubles } = this.#records
    const at = record << WORD_SHIFT
    const before = words[at + Word.STATE]!
    doubles[(record << DOUBLE_SHIFT) + Double.TOUCHED_US] = this.#clock.nowUs
    if (!this.#shedding.foldsDetails && isMereData(packet, before)) {
      this.#shedding.undetailedPackets += 1
      countPacket(this.#records, record, packet, side)
      return
    }
    if (isCutShort(packet)) words[at + Word.STATE]! |= State.CUT_SHORT
    const isRead = wantsPayload(before, side) && isLegible(packet)
    const isTcp = packet.protocol === IpProtocol.TCP
    const gap = isRead && isTcp ? sequenceGap(words, at, packet, side) : 0
    foldPacket(this.#records, record, packet, side)
    if (isRead) this.#readings.read(record, packet, side, gap)
    const state = words[at + Word.STATE]!
    if ((state & State.CLOSED) !== 0) {
      if ((before & State.CLOSED) === 0) this.#linger(record)
    } else if ((state & State.CONFIRMED) === 0) {
      this.#ranks.fold(record, packet, side)
    }
  }

  /** A closed flow waits only for its last packets, and is among the first to go. */
  #linger(record: number): void {
    this.#lists.move(record, EvictionList.UNCONFIRMED)
    this.#wheel.cancel(record)
    this.#wheel.schedule(record, this.#clock.nowUs + this.#timeouts.closedUs)
  }

  #tellOpened(record: number): void {
    if (!this.#readings.hasNews && this.#observer.absorbs?.(this.#cursor) === true) {
      this.#records.words[(record << WORD_SHIFT) + Word.STATE]! |= State.ABSORBED
    }
    this.#observer.flowOpened(this.#cursor)
  }

  #wake(record: number, packet: Packet, side: number): void {
    const state = this.#stateOf(record)
    if ((state & State.ABSORBED) === 0) return
    if (side === Side.RESPONDER && packet.payloadLength === 0) return
    this.#records.words[(record << WORD_SHIFT) + Word.STATE] = state & ~State.ABSORBED
    this.#observer.flowWoke?.(this.#cursor, (state & State.ANSWERED) !== 0)
  }

  #noteAnswer(record: number, packet: Packet, side: number): void {
    const { words } = this.#records
    const at = record << WORD_SHIFT
    if ((words[at + Word.STATE]! & State.ANSWERED) !== 0) return
    const isTcp = packet.protocol === IpProtocol.TCP
    if (side === Side.RESPONDER) {
      if (isTcp && words[at + Word.ORIGINATOR_PACKETS] !== 0) this.#oneLeg.hears()
      this.#answer(record)
    } else if (isTcp && this.#oneLeg.wasAnswered(words, at, packet)) {
      this.#ranks.confirm(record)
      this.#answer(record)
    }
  }

  /** The responder's side has spoken. */
  #answer(record: number): void {
    const words = this.#records.words
    const at = record << WORD_SHIFT
    const state = words[at + Word.STATE]!
    if ((state & State.ANSWERED) !== 0) return
    words[at + Word.STATE] = state | State.ANSWERED
    this.#ranks.leaveFresh(record)
    this.#cursor.pointAt(record)
    this.#observer.flowAnswered(this.#cursor)
  }

  /** Tells the flow an ICMP error speaks of, if it is live. */
  #refuse(error: Packet): void {
    const quoted = this.#quoted
    if (!decodeQuotedPacket(error, quoted)) return
    this.#key.takeAddresses(quoted)
    this.#key.setPorts(packPorts(quoted))
    const record = this.#records.find(this.#key)
    if (record === NO_RECORD) return
    this.#records.words[(record << WORD_SHIFT) + Word.STATE]! |= State.ICMP_REFUSED
    if (!this.#records.isReverse) this.#answer(record)
  }

  #endOrPutOff(record: number): void {
    const { words, doubles } = this.#records
    const at = record << WORD_SHIFT
    const allowed = timeoutUs(this.#timeouts, words[at + Word.STATE]!, words[at + Word.META]!)
    const dueUs = doubles[(record << DOUBLE_SHIFT) + Double.TOUCHED_US]! + allowed
    if (dueUs > this.#clock.nowUs) this.#wheel.schedule(record, dueUs)
    else this.#finish(record, 'idle')
  }

  #endNow(record: number, reason: EndReason): void {
    this.#wheel.cancel(record)
    this.#finish(record, reason)
  }

  /** Reports a flow that is off the wheel and forgets it. */
  #finish(record: number, reason: EndReason): void {
    const finalReason = endReasonOf(this.#stateOf(record), reason)
    this.#cursor.pointAt(record)
    this.#readings.settle(record)
    if (this.#readings.hasNews) this.#readings.tellNews(this.#cursor)
    this.#observer.flowEnded(this.#cursor, finalReason)
    this.#lists.remove(record)
    this.#readings.remove(record)
    this.#records.remove(record)
    this.#ended += 1
    if (finalReason === 'evicted') this.#evicted += 1
  }
}

/** Who speaks first opens the flow, but a SYN-ACK answers a SYN that was missed; with FIN or RST it is none. */
function openingSide(packet: Packet): number {
  const flags = packet.tcpFlags & (SYN_ACK | TcpFlag.FIN | TcpFlag.RST)
  const isSynAck = packet.protocol === IpProtocol.TCP && flags === SYN_ACK
  return isSynAck ? Side.RESPONDER : Side.ORIGINATOR
}
