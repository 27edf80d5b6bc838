/** A batch of finished flows, read in place. */
import { formatAddress, type IpAddress } from '../../net/address.ts'
import { communityId } from '../community-id.ts'
import { APPLICATIONS, CONN_STATES, END_REASONS, type Flow } from '../flow.ts'
import {
  Double,
  Header,
  HEADER_BYTES,
  LAYOUT_VERSION,
  MAGIC,
  RECORD_BYTES,
  RECORD_DOUBLES,
  RECORD_WORDS,
  Word,
} from './batch-layout.ts'
import { factsFrom } from './stored/stored-facts.ts'
import { processFrom } from './stored/stored-process.ts'

export type FlowEnds = Pick<
  Flow,
  'protocol' | 'originator' | 'originatorPort' | 'responder' | 'responderPort' | 'startUs' | 'endUs'
>

/**
 * Flows in one flat buffer: how they leave the sensor, wait for the disk and lie in the log.
 *
 * The buffer may come from a sensor process that hostile traffic has taken over, or from a damaged file:
 * whatever it holds, reading stays inside it.
 */
export class FlowBatch {
  readonly bytes: Uint8Array
  /** How many flows it holds. */
  readonly length: number
  /** Records as 32-bit words; flow `index` begins at `index * RECORD_WORDS`. */
  readonly words: Int32Array
  /** The same records as doubles; flow `index` begins at `index * RECORD_DOUBLES`. */
  readonly doubles: Float64Array
  readonly texts: Uint8Array

  private constructor(bytes: Uint8Array, flows: number) {
    const { buffer, byteOffset } = bytes
    const records = byteOffset + HEADER_BYTES
    this.bytes = bytes
    this.length = flows
    this.words = new Int32Array(buffer, records, flows * RECORD_WORDS)
    this.doubles = new Float64Array(buffer, records, flows * RECORD_DOUBLES)
    this.texts = bytes.subarray(HEADER_BYTES + flows * RECORD_BYTES)
  }

  /** Reads a buffer as a batch; null when it is none, is cut, or was made by another layout. */
  static from(bytes: Uint8Array): FlowBatch | null {
    if (bytes.byteLength < HEADER_BYTES) return null
    // Typed arrays want their place in memory aligned; where it is not, a copy is.
    const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice()
    const header = new Int32Array(aligned.buffer, aligned.byteOffset, HEADER_BYTES / 4)
    if (header[Header.MAGIC] !== MAGIC || header[Header.VERSION] !== LAYOUT_VERSION) return null
    const flows = header[Header.FLOWS]!
    const textBytes = header[Header.TEXT_BYTES]!
    if (flows < 0 || textBytes < 0) return null
    if (HEADER_BYTES + flows * RECORD_BYTES + textBytes !== aligned.byteLength) return null
    return new FlowBatch(aligned, flows)
  }

  /** Whether some flow says whose it is, which the agent adds. */
  get namesProcesses(): boolean {
    for (let word = Word.PROCESS; word < this.words.length; word += RECORD_WORDS) {
      if (this.words[word] !== 0) return true
    }
    return false
  }

  /** Whose flow it is and when it was. */
  ends(index: number): FlowEnds {
    const double = index * RECORD_DOUBLES
    const { protocol, source, destination, sourcePort, destinationPort } = this.#tuple(
      index * RECORD_WORDS,
    )
    return {
      protocol,
      originator: formatAddress(source),
      originatorPort: sourcePort,
      responder: formatAddress(destination),
      responderPort: destinationPort,
      startUs: this.doubles[double + Double.START_US]!,
      endUs: this.doubles[double + Double.END_US]!,
    }
  }

  /** Makes the record of one flow; allocates and hashes, so only for what is shown. */
  flow(index: number): Flow {
    const { words, doubles } = this
    const word = index * RECORD_WORDS
    const double = index * RECORD_DOUBLES
    const state = words[word + Word.STATE]!
    const rtt = words[word + Word.HANDSHAKE_RTT]!
    return {
      communityId: this.communityId(index),
      interface: this.text(word + Word.INTERFACE) ?? '',
      ipVersion: this.#family(word),
      ...this.ends(index),
      vlan: words[word + Word.META]! >>> 16,
      originatorPackets: words[word + Word.ORIGINATOR_PACKETS]! >>> 0,
      responderPackets: words[word + Word.RESPONDER_PACKETS]! >>> 0,
      originatorBytes: doubles[double + Double.ORIGINATOR_BYTES]!,
      responderBytes: doubles[double + Double.RESPONDER_BYTES]!,
      originatorPayloadBytes: doubles[double + Double.ORIGINATOR_PAYLOAD]!,
      responderPayloadBytes: doubles[double + Double.RESPONDER_PAYLOAD]!,
      originatorTcpFlags: state & 255,
      responderTcpFlags: (state >>> 8) & 255,
      retransmissions: words[word + Word.RETRANSMISSIONS]! >>> 0,
      handshakeRttUs: rtt < 0 ? null : rtt,
      connState: CONN_STATES[(state >>> 16) & 255] ?? 'OTH',
      application: APPLICATIONS[words[word + Word.APPLICATION]!] ?? 'unknown',
      endReason: END_REASONS[state >>> 24] ?? 'idle',
      anomalyScore: scoreOf(doubles[double + Double.ANOMALY_SCORE]!),
      attackScore: scoreOf(doubles[double + Double.ATTACK_SCORE]!),
      process: processFrom(this.#json(word + Word.PROCESS)),
      facts: factsFrom(this.#json(word + Word.FACTS)),
    }
  }

  /** The Community ID of one flow. Cost: about 1 µs. */
  communityId(index: number): string {
    return communityId(this.#tuple(index * RECORD_WORDS))
  }

  /** Reads the text that a word points to; null for none, and where it would lie outside the batch. */
  text(word: number): string | null {
    const at = this.words[word]!
    const { texts } = this
    if (at <= 0 || at + 2 > texts.length) return null
    const end = at + 2 + (texts[at]! | (texts[at + 1]! << 8))
    if (end > texts.length) return null
    return Buffer.from(texts.buffer, texts.byteOffset + at + 2, end - at - 2).toString('utf8')
  }

  /** What was written as JSON; null for none, and for what is damaged. */
  #json(word: number): unknown {
    const text = this.text(word)
    if (text === null) return null
    try {
      return JSON.parse(text) as unknown
    } catch {
      return null
    }
  }

  #family(word: number): 4 | 6 {
    return ((this.words[word + Word.META]! >>> 8) & 255) === 6 ? 6 : 4
  }

  #tuple(word: number): Parameters<typeof communityId>[0] {
    const ports = this.words[word + Word.PORTS]!
    return {
      protocol: this.words[word + Word.META]! & 255,
      source: this.#address(word, Word.ORIGINATOR),
      destination: this.#address(word, Word.RESPONDER),
      sourcePort: ports >>> 16,
      destinationPort: ports & 0xffff,
    }
  }

  #address(word: number, field: number): IpAddress {
    const at = word + field
    const get = (index: number): number => this.words[at + index]! >>> 0
    const family = this.#family(word)
    return { family, words: family === 4 ? [0, 0, 0, get(3)] : [get(0), get(1), get(2), get(3)] }
  }
}

const scoreOf = (score: number): number | null => (Number.isNaN(score) ? null : score)
