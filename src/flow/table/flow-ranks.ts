/** How a flow earns its place: from one packet nobody answered to two sides that are really there. */
import type { Packet } from '../../decode/index.ts'
import { IpProtocol } from '../../net/protocol.ts'
import { Side } from '../fold/fold-packet.ts'
import { confirmsHandshake } from '../fold/fold-tcp.ts'
import { EvictionList, type EvictionLists } from './eviction-lists.ts'
import type { FlowRecords } from './flow-records.ts'
import { State, WORD_SHIFT, Word } from './record-layout.ts'

export class FlowRanks {
  readonly #records: FlowRecords
  readonly #lists: EvictionLists

  constructor(records: FlowRecords, lists: EvictionLists) {
    this.#records = records
    this.#lists = lists
  }

  /** Ranks an unconfirmed flow anew once a packet was added to it. */
  fold(record: number, packet: Packet, side: number): void {
    const words = this.#records.words
    const at = record << WORD_SHIFT
    const isTcp = packet.protocol === IpProtocol.TCP
    if (
      side === Side.ORIGINATOR &&
      words[at + Word.RESPONDER_PACKETS] !== 0 &&
      (!isTcp || confirmsHandshake(words, at, packet))
    ) {
      this.confirm(record)
      return
    }
    const packets = words[at + Word.ORIGINATOR_PACKETS]! + words[at + Word.RESPONDER_PACKETS]!
    if (packets > 1) this.leaveFresh(record)
  }

  /** Ranks a flow among those whose originator is really there. */
  confirm(record: number): void {
    this.#records.words[(record << WORD_SHIFT) + Word.STATE]! |= State.CONFIRMED
    this.#lists.move(record, EvictionList.CONFIRMED)
  }

  /** Ranks a flow above those of one packet without an answer, if it stood among them. */
  leaveFresh(record: number): void {
    const state = this.#records.words[(record << WORD_SHIFT) + Word.STATE]!
    const list = (state >>> State.LIST_SHIFT) & State.LIST_MASK
    if (list === EvictionList.FRESH) this.#lists.move(record, EvictionList.UNCONFIRMED)
  }
}
