/**
 * Detects a false DHCPv6 server: one that is no router of the link and names itself as the resolver, or one that
 * answers clients beside another and names another resolver (mitm6, Responder).
 *
 * Windows asks for DHCPv6 on every link; where nobody answers, whoever does becomes the resolver. An honest server is
 * the link's router, or names a resolver by its address in the network.
 * Source: RFC 8415 §8, §21; RFC 3646 §3. Left out: what comes through relays.
 */
import { readInt32 } from '../../../decode/index.ts'
import { PacketKind, type Packet } from '../../../decode/packet.ts'
import { IpProtocol } from '../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import {
  destinationAddress,
  destinationHash,
  ipv6Hash,
  sourceAddress,
  sourceHash,
} from '../state/packet-address.ts'
import { pairKey } from '../state/pair-key.ts'
import type { Stories } from '../state/stories.ts'
import { type Suspect, type Telling } from '../state/stories.ts'
import { spoofingStories } from './spoofing-stories.ts'
import { confidenceOf, counted, listed, spanOf } from '../state/wording.ts'
import type { DhcpSpoofingConfig } from './config.ts'

const SERVER_PORT = 547
const CLIENT_PORT = 546
const ADVERTISE = 2
const REPLY = 7
const ROUTER_ADVERTISEMENT = 134
const RESOLVERS = 23
const HEAD_BYTES = 4
const OPTION_HEAD_BYTES = 4
const ADDRESS_BYTES = 16
const MOST_OPTIONS = 32
/** Answers to one question come within seconds. */
const SAME_EXCHANGE_US = 5_000_000
const MIN_CLIENTS = 2
const MOST_CLIENTS = 32
const MAX_ROWS = 1024
const MAX_STORIES = 64

interface Given extends Row {
  readonly server: number
  readonly resolver: number
}

interface Server extends Row {
  readonly firstUs: number
}

interface FalseServer extends Suspect {
  readonly attacker: string
  readonly clients: Set<string>
  /** How it is false: it names itself, or contradicts another. */
  isSelfish: boolean
  contradictions: number
}

export class Dhcp6Servers implements Detector {
  readonly name = 'dhcp6-servers'
  readonly watches = ['udp', 'icmp'] as const
  readonly memories: readonly Memory[]
  readonly #routers: FadingTable<Row>
  /** The last answer that each client was given. */
  readonly #given: FadingTable<Given>
  readonly #servers: FadingTable<Server>
  readonly #stories: Stories<FalseServer>

  constructor(config: DhcpSpoofingConfig, emit: Emit) {
    const forgetAfterUs = config.forgetAfterSeconds * 1e6
    this.#routers = new FadingTable(MAX_ROWS, forgetAfterUs)
    this.#given = new FadingTable(MAX_ROWS, SAME_EXCHANGE_US)
    this.#servers = new FadingTable(MAX_ROWS, forgetAfterUs)
    this.#stories = spoofingStories(this.name, config, { cap: MAX_STORIES, emit, tell })
    this.memories = [this.#stories, this.#routers, this.#given, this.#servers]
  }

  packet(packet: Packet): void {
    if (packet.ipVersion !== 6 || packet.kind !== PacketKind.IP) return
    if (packet.protocol === IpProtocol.ICMPV6) {
      if (packet.sourcePort !== ROUTER_ADVERTISEMENT) return
      this.#routers.set(pairKey(sourceHash(packet), packet.vlan, 28), { lastUs: packet.timestampUs }) // prettier-ignore
    } else if (packet.sourcePort === SERVER_PORT && packet.destinationPort === CLIENT_PORT) {
      const resolver = resolverOf(packet)
      if (resolver !== null) this.#answers(packet, resolver)
    }
  }

  #answers(packet: Packet, resolver: number): void {
    const server = sourceHash(packet)
    const nowUs = packet.timestampUs
    const client = pairKey(destinationHash(packet), packet.vlan, 29)
    const before = this.#given.get(client)
    this.#meet(server, nowUs)
    if (this.#routers.get(pairKey(server, packet.vlan, 28)) === undefined) {
      const contradicts = before !== undefined && this.#contradicts(before, server, resolver, nowUs)
      if (resolver === server || contradicts) this.#suspect(packet, server, contradicts)
    }
    this.#given.set(client, { server, resolver, lastUs: nowUs })
  }

  #meet(server: number, nowUs: number): void {
    const known = this.#servers.get(server)
    if (known === undefined) this.#servers.set(server, { firstUs: nowUs, lastUs: nowUs })
    else known.lastUs = Math.max(known.lastUs, nowUs)
  }

  /** Who came first, or stands beside one that names itself, is not the false one. */
  #contradicts(before: Given, server: number, resolver: number, nowUs: number): boolean {
    if (before.server === server || before.resolver === resolver) return false
    if (nowUs - before.lastUs > SAME_EXCHANGE_US || before.resolver === before.server) return false
    return this.#servers.get(server)!.firstUs > (this.#servers.get(before.server)?.firstUs ?? nowUs)
  }

  #suspect(packet: Packet, server: number, isContradiction: boolean): void {
    const nowUs = packet.timestampUs
    const key = pairKey(server, packet.vlan, 30)
    const suspect =
      this.#stories.get(key) ??
      this.#stories.add(key, {
        ...{ attacker: sourceAddress(packet), clients: new Set(), isSelfish: false },
        ...{ contradictions: 0, firstUs: nowUs, lastUs: nowUs, count: 0, story: null },
      })
    suspect.lastUs = Math.max(suspect.lastUs, nowUs)
    suspect.count += 1
    if (isContradiction) suspect.contradictions += 1
    else suspect.isSelfish = true
    if (suspect.clients.size < MOST_CLIENTS) suspect.clients.add(destinationAddress(packet))
    if (suspect.clients.size >= MIN_CLIENTS) this.#stories.tell(suspect, nowUs)
  }
}

const words = new Int32Array(4)

/** The hash of the first resolver that an answer names, as addresses are hashed; null where it names none. */
function resolverOf({ buffer, payloadOffset, payloadCaptured }: Packet): number | null {
  if (payloadCaptured < HEAD_BYTES) return null
  const message = buffer[payloadOffset]
  if (message !== ADVERTISE && message !== REPLY) return null
  const end = payloadOffset + payloadCaptured
  let at = payloadOffset + HEAD_BYTES
  for (let count = 0; count < MOST_OPTIONS && at + OPTION_HEAD_BYTES <= end; count += 1) {
    const code = (buffer[at]! << 8) | buffer[at + 1]!
    const length = (buffer[at + 2]! << 8) | buffer[at + 3]!
    const data = at + OPTION_HEAD_BYTES
    if (code === RESOLVERS && length >= ADDRESS_BYTES && data + ADDRESS_BYTES <= end) {
      for (let word = 0; word < 4; word += 1) words[word] = readInt32(buffer, data + word * 4)
      return ipv6Hash(words)
    }
    at = data + length
  }
  return null
}

function tell({
  attacker,
  clients,
  isSelfish,
  contradictions,
  count,
  firstUs,
  lastUs,
}: FalseServer): Telling {
  const how = isSelfish
    ? 'names itself as the resolver'
    : 'names another resolver than the server beside it'
  return {
    kind: 'spoofing.dhcp',
    severity: 5,
    confidence: confidenceOf(0.75, count - MIN_CLIENTS, 6),
    attacker,
    victims: [...clients],
    summary: `${attacker}, which is no router, answers DHCPv6 and ${how}: ${counted(count, 'answer')} to ${counted(clients.size, 'client')} (${listed([...clients].slice(0, 3), clients.size)}) in ${spanOf(lastUs - firstUs)}`,
    reasons: [
      { feature: 'answersNamingItself', value: count - contradictions, baseline: 0, weight: 0.6 },
      { feature: 'contradictingAnswers', value: contradictions, baseline: 0, weight: 0.4 },
    ],
    mitre: ['T1557.003'],
  }
}
