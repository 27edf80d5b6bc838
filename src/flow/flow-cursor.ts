/** The cursor: one reused object through which the rest of the sensor reads a record as a LiveFlow. */
import { formatIpv4Word, formatIpv6Words } from '../net/address.ts'
import { IpProtocol } from '../net/protocol.ts'
import { ipv6Key } from './address-key.ts'
import { communityId } from './community-id.ts'
import { Meta } from './table/flow-key.ts'
import type { ApplicationFacts, LiveFlow } from './flow.ts'
import { NO_COUNTERPART, icmpCounterpart } from './icmp-pairs.ts'
import { deviation } from './fold/running-stats.ts'
import type { FlowRecords } from './table/flow-records.ts'
import { DOUBLE_SHIFT, Double, State, WORD_SHIFT, Word } from './table/record-layout.ts'
import { plainConnState, tcpConnState } from './fold/tcp-state.ts'

export class FlowCursor implements LiveFlow {
  readonly #words: Int32Array
  readonly #doubles: Float64Array
  readonly #factsOf: (record: number) => ApplicationFacts | null
  #word = 0
  #double = 0

  constructor(records: FlowRecords, factsOf: (record: number) => ApplicationFacts | null) {
    this.#factsOf = factsOf
    this.#words = records.words
    this.#doubles = records.doubles
  }

  /** Makes this cursor read another record. */
  pointAt(record: number): void {
    this.#word = record << WORD_SHIFT
    this.#double = record << DOUBLE_SHIFT
  }

  #get(field: number): number {
    return this.#words[this.#word + field]!
  }

  #getDouble(field: number): number {
    return this.#doubles[this.#double + field]!
  }

  get ipVersion(): number {
    return (this.#get(Word.META) & Meta.IPV6) === 0 ? 4 : 6
  }

  get originatorKey(): number {
    const last = this.#get(Word.ORIGINATOR3)
    if (this.ipVersion === 4) return last >>> 0
    const { ORIGINATOR0, ORIGINATOR1, ORIGINATOR2 } = Word
    return ipv6Key(this.#get(ORIGINATOR0), this.#get(ORIGINATOR1), this.#get(ORIGINATOR2), last)
  }

  get responderKey(): number {
    const last = this.#get(Word.RESPONDER3)
    if (this.ipVersion === 4) return last >>> 0
    const { RESPONDER0, RESPONDER1, RESPONDER2 } = Word
    return ipv6Key(this.#get(RESPONDER0), this.#get(RESPONDER1), this.#get(RESPONDER2), last)
  }

  copyAddresses(words: Int32Array, originatorAt: number, responderAt: number): void {
    this.#copyAddress(Word.ORIGINATOR0, Word.ORIGINATOR3, words, originatorAt)
    this.#copyAddress(Word.RESPONDER0, Word.RESPONDER3, words, responderAt)
  }

  #copyAddress(first: number, last: number, words: Int32Array, at: number): void {
    const isIpv6 = this.ipVersion === 6
    words[at] = isIpv6 ? this.#get(first) : 0
    words[at + 1] = isIpv6 ? this.#get(first + 1) : 0
    words[at + 2] = isIpv6 ? this.#get(first + 2) : 0
    words[at + 3] = this.#get(last)
  }

  originatorAddress(): string {
    return this.#address(Word.ORIGINATOR0, Word.ORIGINATOR3)
  }

  responderAddress(): string {
    return this.#address(Word.RESPONDER0, Word.RESPONDER3)
  }

  #address(first: number, last: number): string {
    if (this.ipVersion === 4) return formatIpv4Word(this.#get(last))
    const get = (field: number): number => this.#get(field)
    return formatIpv6Words(get(first), get(first + 1), get(first + 2), get(last))
  }

  communityId(): string {
    return communityId({
      protocol: this.protocol,
      source: this.#ipAddress(Word.ORIGINATOR0, Word.ORIGINATOR3),
      destination: this.#ipAddress(Word.RESPONDER0, Word.RESPONDER3),
      sourcePort: this.originatorPort,
      destinationPort: this.responderPort,
    })
  }

  #ipAddress(
    first: number,
    last: number,
  ): { family: 4 | 6; words: [number, number, number, number] } {
    if (this.ipVersion === 4) return { family: 4, words: [0, 0, 0, this.#get(last) >>> 0] }
    const get = (field: number): number => this.#get(field) >>> 0
    return { family: 6, words: [get(first), get(first + 1), get(first + 2), get(last)] }
  }

  get #isIcmp(): boolean {
    return this.protocol === IpProtocol.ICMP || this.protocol === IpProtocol.ICMPV6
  }

  get originatorPort(): number {
    const port = this.#get(Word.PORTS) >>> 16
    return this.#isIcmp ? port & 255 : port
  }

  get responderPort(): number {
    const port = this.#get(Word.PORTS) & 0xffff
    if (!this.#isIcmp) return port
    // Of messages that ask and answer, the key holds the counterpart here; their code is always 0.
    const isPaired = icmpCounterpart(this.protocol, this.originatorPort) !== NO_COUNTERPART
    return isPaired ? 0 : port & 255
  }

  get protocol(): number {
    return this.#get(Word.META) & Meta.PROTOCOL_MASK
  }

  get vlan(): number {
    return this.#get(Word.META) >>> Meta.VLAN_SHIFT
  }

  get startUs(): number {
    return this.#getDouble(Double.START_US)
  }

  get lastUs(): number {
    return this.#getDouble(Double.LAST_US)
  }

  get originatorPackets(): number {
    return this.#get(Word.ORIGINATOR_PACKETS) >>> 0
  }

  get responderPackets(): number {
    return this.#get(Word.RESPONDER_PACKETS) >>> 0
  }

  get originatorBytes(): number {
    return this.#getDouble(Double.ORIGINATOR_BYTES)
  }

  get responderBytes(): number {
    return this.#getDouble(Double.RESPONDER_BYTES)
  }

  get originatorPayloadBytes(): number {
    return this.#getDouble(Double.ORIGINATOR_PAYLOAD)
  }

  get responderPayloadBytes(): number {
    return this.#getDouble(Double.RESPONDER_PAYLOAD)
  }

  get originatorTcpFlags(): number {
    return this.#get(Word.FLAGS) & 255
  }

  get responderTcpFlags(): number {
    return (this.#get(Word.FLAGS) >>> 8) & 255
  }

  get openingTcpFlags(): number {
    return (this.#get(Word.FLAGS) >>> 16) & 255
  }

  get openingPayloadBytes(): number {
    return this.#get(Word.OPENING_PAYLOAD)
  }

  get originatorRetransmissions(): number {
    return this.#get(Word.ORIGINATOR_RETRANSMISSIONS)
  }

  get responderRetransmissions(): number {
    return this.#get(Word.RESPONDER_RETRANSMISSIONS)
  }

  get handshakeRttUs(): number {
    return this.#get(Word.HANDSHAKE_RTT)
  }

  get wasIcmpRefused(): boolean {
    return (this.#get(Word.STATE) & State.ICMP_REFUSED) !== 0
  }

  get connState(): number {
    if (this.protocol !== IpProtocol.TCP) {
      return plainConnState(this.originatorPackets, this.responderPackets)
    }
    const state = this.#get(Word.STATE)
    return tcpConnState(
      (state >>> State.ORIGINATOR_SHIFT) & State.ENDPOINT_MASK,
      (state >>> State.RESPONDER_SHIFT) & State.ENDPOINT_MASK,
      this.originatorPayloadBytes + this.responderPayloadBytes,
    )
  }

  get application(): number {
    return (this.#get(Word.STATE) >>> State.APPLICATION_SHIFT) & State.APPLICATION_MASK
  }

  get isAbsorbed(): boolean {
    return (this.#get(Word.STATE) & State.ABSORBED) !== 0
  }

  get isCutShort(): boolean {
    return (this.#get(Word.STATE) & State.CUT_SHORT) !== 0
  }

  facts(): ApplicationFacts | null {
    return this.#factsOf(this.#word >>> WORD_SHIFT)
  }

  get packetSizeMean(): number {
    return this.#getDouble(Double.SIZE_MEAN)
  }

  get packetSizeDeviation(): number {
    return deviation(this.#getDouble(Double.SIZE_SQUARES), this.#packets)
  }

  get packetSizeMin(): number {
    return this.#get(Word.SIZE_MIN)
  }

  get packetSizeMax(): number {
    return this.#get(Word.SIZE_MAX)
  }

  get gapMeanUs(): number {
    return this.#getDouble(Double.GAP_MEAN)
  }

  get gapDeviationUs(): number {
    return deviation(this.#getDouble(Double.GAP_SQUARES), this.#packets - 1)
  }

  get gapMinUs(): number {
    return this.#getDouble(Double.GAP_MIN)
  }

  get gapMaxUs(): number {
    return this.#getDouble(Double.GAP_MAX)
  }

  get #packets(): number {
    return this.originatorPackets + this.responderPackets
  }
}
