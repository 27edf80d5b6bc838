/** DNS over UDP and TCP, and mDNS (RFC 6762): every message is told, the first ones are kept. */
import type { Packet } from '../../../../decode/index.ts'
import { IpProtocol } from '../../../../net/protocol.ts'
import type { ApplicationFacts, DnsAnswer, DnsMessage } from '../../facts.ts'
import { PayloadPart, uint16At, type Payload } from '../../payload.ts'
import { FactReader, Next, SetAside } from '../../reader.ts'
import { MessageFrames } from '../../streams/message-frames.ts'
import { dnsRcode, isDnsResponse, looksLikeDns, readDnsMessage } from './dns-message.ts'

/** Of the first answer, these are kept with the flow. */
const MOST_KEPT = 8
const LENGTH_BYTES = 2

const part = new PayloadPart()

/** Says whether a segment is one whole DNS message after its length (RFC 1035 §4.2.2). */
export function isDnsStream(payload: Payload): boolean {
  return uint16At(payload, 0) + 2 === payload.payloadLength && looksLikeDns(payload, 2)
}

export class DnsReader extends FactReader {
  /** The first of each: read at once where somebody listens, else set aside. */
  #query: DnsMessage | SetAside | null = null
  #response: DnsMessage | SetAside | null = null
  #queries = 0
  #responses = 0
  #failures = 0
  #frames: [MessageFrames, MessageFrames] | null = null

  override read(packet: Packet, side: number, gap: number): number {
    if (packet.protocol !== IpProtocol.TCP) {
      if (!looksLikeDns(packet)) return Next.MORE
      this.#readMessage(packet)
      return Next.MORE
    }
    this.#frames ??= [new MessageFrames(LENGTH_BYTES), new MessageFrames(LENGTH_BYTES)]
    const frames = this.#frames[side]!
    frames.begin(packet, gap)
    while (frames.next(part)) if (looksLikeDns(part)) this.#readMessage(part)
    return Next.MORE
  }

  protected override isPiece(payload: Payload, side: number): boolean {
    this.#frames ??= [new MessageFrames(LENGTH_BYTES), new MessageFrames(LENGTH_BYTES)]
    return this.#frames[side]!.endsInMessage(payload)
  }

  #readMessage(message: Payload): void {
    const isResponse = isDnsResponse(message)
    if (isResponse) {
      this.#responses += 1
      if (dnsRcode(message) !== 0) this.#failures += 1
    } else {
      this.#queries += 1
    }
    const isFirst = (isResponse ? this.#response : this.#query) === null
    if (!isFirst && !this.context.isHeard) return
    const kept = this.setAside(message) ?? this.#readNow(message, isFirst)
    if (!isFirst) return
    if (isResponse) this.#response = kept
    else this.#query = kept
  }

  #readNow(message: Payload, isFirst: boolean): DnsMessage {
    const read = readDnsMessage(message)
    if (this.context.isHeard) this.context.tell(read)
    return isFirst ? this.#kept(read) : read
  }

  /** Keeps the texts as far as the bounds allow; what they refuse is not told with the flow. */
  #kept(read: DnsMessage): DnsMessage {
    const query = this.keep(read.query)
    const answers: DnsAnswer[] = []
    for (const answer of read.answers) {
      const isFull = answers.length === MOST_KEPT
      if (isFull || (answer.value !== null && this.keep(answer.value) === null)) break
      answers.push(answer)
    }
    return { ...read, query, answers }
  }

  override facts(): ApplicationFacts | null {
    const response = messageOf(this.#response)
    const first = messageOf(this.#query) ?? response
    if (first === null) return null
    return {
      kind: 'dns',
      query: first.query,
      type: first.type,
      rcode: response?.rcode ?? null,
      answers: response?.answers.slice(0, MOST_KEPT) ?? [],
      queries: this.#queries,
      responses: this.#responses,
      failures: this.#failures,
      ednsPayloadBytes: first.ednsPayloadBytes,
      wantsDnssec: first.wantsDnssec,
    }
  }
}

function messageOf(kept: DnsMessage | SetAside | null): DnsMessage | null {
  return kept instanceof SetAside ? readDnsMessage(kept.payload()) : kept
}
