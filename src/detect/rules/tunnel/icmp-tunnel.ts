/**
 * Detects tunnels through ICMP and ICMPv6 echo by the law they break: a reply returns what was sent.
 *
 * Ping's content stays the same but for its clock, at whatever size or rate; freight is new in every message,
 * and its replies differ from the requests, or outnumber them. Content of 16 bytes and less, where ping has
 * nothing but its clock, is no freight by itself; fragments are passed over.
 * Source: RFC 792, RFC 4443 §4.2; ptunnel, hans, icmptunnel, icmpsh, Loki (Phrack 49).
 */
import type { Packet } from '../../../decode/packet.ts'
import { IpProtocol } from '../../../net/protocol.ts'
import type { Detection, Reason } from '../../detection.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { FirstLooks } from '../state/tables/first-looks.ts'
import {
  destinationAddress,
  destinationHash,
  sourceAddress,
  sourceHash,
} from '../state/packet-address.ts'
import { mix, pairKey } from '../state/pair-key.ts'
import { Story } from '../state/story.ts'
import { confidenceOf, counted, grouped, spanOf } from '../state/wording.ts'
import type { IcmpTunnelConfig } from './config.ts'
import { CLOCK_BYTES, IcmpPair } from './icmp-pair.ts'

const ECHO_REPLY = 0
const ECHO_REQUEST = 8
const ECHO_REQUEST_V6 = 128
const ECHO_REPLY_V6 = 129

const MAX_PAIRS = 1024
const WAITING = 8192
/** Sixteen bytes tell contents apart well enough to begin looking closely, at a third of the cost of all. */
const HASHED_UPTO = 32

/** So many messages with the header of a known tunnel are no accident. */
const MIN_HEADED = 3

/** Where every reply is honest, new content alone must be so much more, and of most messages. */
const FRESH_FACTOR = 4
const MIN_FRESH_SHARE = 0.5
/** A pair is looked at from its fourth content on: by then nobody pings with ever new sentences. */
const ENOUGH_TEXTS = 2
/** Beyond this rate honest echo is a flood, whatever it is filled with. */
const FLOOD_RATE = 200
/** Some replies are altered by worn-out devices; a tunnel's nearly all are. */
const MIN_LAWLESS_SHARE = 0.3

export class IcmpTunnel implements Detector {
  readonly name = 'icmp-tunnel'
  readonly watches = ['icmp'] as const
  readonly memories: readonly Memory[]
  readonly #config: IcmpTunnelConfig
  readonly #emit: Emit
  readonly #looks: FirstLooks
  readonly #pairs: FadingTable<IcmpPair>

  constructor(config: IcmpTunnelConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    this.#looks = new FirstLooks(WAITING, config.forgetAfterSeconds * 1e6)
    this.#pairs = new FadingTable(MAX_PAIRS, this.#config.forgetAfterSeconds * 1e6, (pair) =>
      this.#finish(pair),
    )
    this.memories = [this.#pairs, this.#looks]
  }

  packet(packet: Packet): void {
    if (!isEcho(packet) || packet.isFragment) return
    // Empty ones matter only as the polls of a tunnel that is known already.
    const isEmpty = packet.payloadCaptured === 0
    if (isEmpty && this.#pairs.size === 0) return
    const source = sourceHash(packet)
    const destination = destinationHash(packet)
    const one = Math.min(source, destination)
    const other = Math.max(source, destination)
    const key = pairKey(one, other, packet.vlan)
    let pair = this.#pairs.get(key)
    if (pair === undefined) {
      if (isEmpty) return
      const place = this.#looks.note(one, other, contentHash(packet), packet.timestampUs)
      if (place < 0) return
      const { firstUs } = this.#looks.take(place)
      const ends = { one: sourceAddress(packet), other: destinationAddress(packet) }
      pair = new IcmpPair(ends, firstUs)
      this.#pairs.set(key, pair)
    }
    this.#note(pair, packet)
  }

  #note(pair: IcmpPair, packet: Packet): void {
    const type = packet.sourcePort
    if (type === ECHO_REQUEST || type === ECHO_REQUEST_V6) {
      pair.requested(packet, pair.asker === null ? sourceAddress(packet) : null)
    } else {
      pair.replied(packet)
    }
    if (pair.story === null) {
      if (!isTunnel(pair, this.#config)) return
      pair.story = new Story(pair.firstUs, packet.timestampUs)
    }
    if (!pair.story.isDue(pair.messages, packet.timestampUs)) return
    pair.story.told(pair.messages, packet.timestampUs)
    this.#emit(describe(pair, pair.story, this.#config, false))
  }

  #finish(pair: IcmpPair): void {
    if (pair.story !== null) this.#emit(describe(pair, pair.story, this.#config, true))
  }
}

function isEcho(packet: Packet): boolean {
  if (packet.malformed !== 0) return false
  const type = packet.sourcePort
  if (packet.protocol === IpProtocol.ICMP) return type === ECHO_REQUEST || type === ECHO_REPLY
  return (
    packet.protocol === IpProtocol.ICMPV6 && (type === ECHO_REQUEST_V6 || type === ECHO_REPLY_V6)
  )
}

/** Hashes what follows the clock, equal for pings of one pattern; all of what has no room for a clock. */
function contentHash(packet: Packet): number {
  const to = Math.min(packet.payloadCaptured, HASHED_UPTO)
  let hash = 0
  for (let at = to <= CLOCK_BYTES ? 0 : CLOCK_BYTES; at < to; at += 1) {
    hash = (Math.imul(hash, 31) + packet.buffer[packet.payloadOffset + at]!) | 0
  }
  return mix(hash, 0)
}

function breaksLaw(pair: IcmpPair, { minMessages }: IcmpTunnelConfig): boolean {
  return pair.lawless >= minMessages && pair.lawless >= MIN_LAWLESS_SHARE * pair.replies
}

/**
 * Orders come in replies to empty polls, their output goes in requests that are answered with nothing (icmpsh).
 * Those who cut long replies short (public resolvers) never send longer ones.
 */
function isShell({ longer, shorter, fresh }: IcmpPair, { minMessages }: IcmpTunnelConfig): boolean {
  return longer >= 1 && shorter >= 3 && longer + shorter >= minMessages && fresh >= 3
}

function isTunnel(pair: IcmpPair, config: IcmpTunnelConfig): boolean {
  if (isShell(pair, config) || pair.headed >= MIN_HEADED || pair.texts >= ENOUGH_TEXTS) return true
  if (pair.fresh < config.minMessages) return false
  if (breaksLaw(pair, config)) return true
  return (
    pair.fresh >= FRESH_FACTOR * config.minMessages &&
    pair.fresh >= MIN_FRESH_SHARE * pair.messages &&
    pair.rate <= FLOOD_RATE
  )
}

function describe(
  pair: IcmpPair,
  story: Story,
  config: IcmpTunnelConfig,
  isFinal: boolean,
): Detection {
  const host = pair.asker ?? pair.other
  const attacker = host === pair.one ? pair.other : pair.one
  const isCertain = breaksLaw(pair, config) || isShell(pair, config) || pair.headed >= MIN_HEADED
  return {
    id: story.id,
    detector: 'icmp-tunnel',
    kind: 'tunnel.icmp',
    family: 'tunnel',
    severity: isCertain ? 6 : 4,
    confidence: confidenceOf(isCertain ? 0.85 : 0.6, pair.fresh - config.minMessages, 40),
    attacker,
    victims: [host],
    host,
    domain: null,
    firstSeenUs: story.firstUs,
    lastSeenUs: pair.lastUs,
    count: pair.messages,
    summary: summaryOf(pair, host, attacker),
    reasons: reasonsOf(pair),
    mitre: ['T1095', 'T1572'],
    flows: [],
    isFinal,
  }
}

function reasonsOf(pair: IcmpPair): Reason[] {
  const { lawless, headed, fresh, texts, requestBytes, replyBytes } = pair
  const ofTexts = { feature: 'texts', value: texts, baseline: 0, weight: 0.3 }
  const ofHeaders = { feature: 'tunnelHeaders', value: headed, baseline: 0, weight: 0.3 }
  return [
    { feature: 'lawlessReplies', value: lawless, baseline: 0, weight: 0.6 },
    ...(headed === 0 ? [] : [ofHeaders]),
    { feature: 'freshContents', value: fresh, baseline: 1, weight: 0.3 },
    ...(texts === 0 ? [] : [ofTexts]),
    { feature: 'echoBytes', value: requestBytes + replyBytes, baseline: null, weight: 0.1 },
  ]
}

function summaryOf(pair: IcmpPair, host: string, attacker: string): string {
  const span = spanOf(pair.lastUs - pair.firstUs)
  const messages = `${host} and ${attacker} exchanged ${counted(pair.requests, 'echo request')} and ${counted(pair.replies, 'reply', 'replies')} in ${span}`
  const texts = pair.texts === 0 ? '' : `, ${grouped(pair.texts)} of them text`
  const bytes = `${grouped(pair.requestBytes)} and ${grouped(pair.replyBytes)} bytes`
  return `${messages} (${bytes}): ${grouped(pair.fresh)} with new content${texts}, ${counted(pair.lawless, 'reply', 'replies')} unlike any request; ping's content stays the same and comes back as sent`
}
