/**
 * Detects floods of ICMP and ICMPv6: pings, errors, and the messages by which IPv6 hosts find each other.
 *
 * Watches packets: a ping flood is one flow, or a million. Replies to pings the host sent itself are no flood.
 * A flood of neighbour solicitations spreads over as many multicast groups as it asks for addresses, so
 * these groups are watched as one. A router that looks for whom somebody outside pings is not to blame.
 * Pings to a whole network in one host's name flood that host with the answers (smurf).
 * Source: RFC 4861 §10 and RFC 3810 §9 (how seldom neighbour discovery and MLD speak), RFC 6583.
 */
import { readInt32 } from '../../../../decode/index.ts'
import { PacketKind, type Packet } from '../../../../decode/packet.ts'
import { IpProtocol } from '../../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { destinationHash, ipv6Hash, sourceHash } from '../../state/packet-address.ts'
import { mix } from '../../state/pair-key.ts'
import { HostRates } from '../../state/watch/host-rates.ts'
import { LastSigns } from '../../state/watch/last-signs.ts'
import { WatchedHosts } from '../../state/watch/watched-hosts.ts'
import type { IcmpFloodConfig } from '../config.ts'
import { PacketVictim, type Stuff } from './packet-victim.ts'

/** Messages within two seconds from which a host is watched. */
const WATCH_FROM = 40

/** This share of ten seconds' messages is as much within one: no ping but of a flood is sent so fast. */
const BURST_SHARE = 0.2
/** The same of what IPv6's neighbours say to each other. */
const NEIGHBOUR_BURST = 0.5

/** One ping to a network may be answered by all of it: so much fewer than of plain ones are a flood. */
const SMURF_SHARE = 5

/** Within one second nobody pings all of a network so often, not even from several windows. */
const SMURF_BURST = 0.3

/** How long a router looks for whom it has a ping for (RFC 4861 §7.2.2: three tries, a second apart). */
const LOOKED_FOR_US = 4_000_000

/** How long after a ping its replies are no surprise. */
const PING_US = 10_000_000

const ECHO_REPLY = 0
const ECHO_REQUEST = 8
const ECHO_REQUEST_V6 = 128
const ECHO_REPLY_V6 = 129
const FIRST_DISCOVERY = 130
const LAST_DISCOVERY = 137
const SOLICITATION = 135
const ADVERTISEMENT = 136
const MLD_REPORT = 143
/** Multicast groups ff02::1:ffXX:XXXX (RFC 4291 §2.7.1). */
const SOLICITED_NODE = 0xff020000 | 0

/** Where the packet that an error quotes has its source, and how much of it must be there. */
const QUOTED_SOURCE = 12
const QUOTED_SOURCE_V6 = 8
const QUOTED_BYTES = 24
/** Of an IPv6 address. */
const LAST_WORD = 12

const BROADCAST_MAC = 0xffffffffffff

type Group = 'usual' | 'error' | 'stray-error' | 'v6' | 'neighbour' | 'router' | 'smurf'

export class IcmpFlood implements Detector {
  readonly name = 'icmp-flood'
  readonly watches = ['icmp'] as const
  readonly memories: readonly Memory[]
  readonly #rates = new HostRates()
  readonly #pings = new LastSigns()
  /** Hosts that were pinged over IPv6. */
  readonly #pinged = new LastSigns()
  readonly #victims: WatchedHosts<PacketVictim>
  readonly #stuff: Readonly<Record<Group, Stuff>>
  readonly #salts: Readonly<Record<Group, number>> = {
    ...{ usual: 1, error: 2, v6: 3, neighbour: 4, router: 5, smurf: 6, 'stray-error': 7 },
  }

  constructor(config: IcmpFloodConfig, emit: Emit) {
    this.#victims = new WatchedHosts(config.maxVictims, emit)
    this.#stuff = stuffOf(config)
    this.memories = [this.#victims]
  }

  packet(packet: Packet): void {
    if (packet.kind !== PacketKind.IP) return
    const destination = destinationHash(packet)
    if (this.#isAnswer(packet, destination)) return
    const group = groupOf(packet)
    if (group === 'v6' && isPing(packet)) this.#pinged.note(destination, packet.timestampUs)
    const isSpread = group === 'neighbour' && isSolicitedNode(packet)
    if (isSpread && this.#isPrompted(packet)) return
    const host = isSpread ? 0 : group === 'smurf' ? sourceHash(packet) : destination
    const key = mix(host, this.#salts[group])
    let victim = this.#victims.get(key)
    if (victim === undefined) {
      if (this.#rates.count(key, packet.timestampUs) < WATCH_FROM) return
      victim = this.#victims.watch(key, new PacketVictim(this.#stuff[group], packet))
    }
    victim.add(packet)
    this.#victims.noted(victim, packet.timestampUs)
  }

  /** The host that is looked for was pinged: the question passes that on, as a router's does. */
  #isPrompted(packet: Packet): boolean {
    if (packet.payloadCaptured < 16) return false
    const view = packet.buffer
    for (let word = 0; word < 4; word += 1) {
      const at = packet.payloadOffset + 4 * word
      target[word] =
        (view[at]! << 24) | (view[at + 1]! << 16) | (view[at + 2]! << 8) | view[at + 3]!
    }
    return this.#pinged.isRecent(ipv6Hash(target), packet.timestampUs, LOOKED_FOR_US)
  }

  /** Notes pings, and says whether the packet is a reply to one. */
  #isAnswer(packet: Packet, destination: number): boolean {
    if (packet.isLaterFragment) return false
    const type = packet.sourcePort
    const isV6 = packet.protocol === IpProtocol.ICMPV6
    if (type === (isV6 ? ECHO_REQUEST_V6 : ECHO_REQUEST)) {
      this.#pings.note(sourceHash(packet), packet.timestampUs)
      return false
    }
    if (type !== (isV6 ? ECHO_REPLY_V6 : ECHO_REPLY)) return false
    return this.#pings.isRecent(destination, packet.timestampUs, PING_US)
  }
}

const target = new Int32Array(4)

function groupOf(packet: Packet): Group {
  const type = packet.sourcePort
  const isWhole = !packet.isLaterFragment
  if (isWhole && isPing(packet) && isToNetwork(packet)) return 'smurf'
  if (packet.protocol !== IpProtocol.ICMPV6) {
    // Unreachable, quench, exceeded, parameter problem: a scanner earns them by the thousand.
    return isWhole && (type === 3 || type === 4 || type === 11 || type === 12)
      ? errorOf(packet)
      : 'usual'
  }
  if (!isWhole) return 'v6'
  if (type === SOLICITATION || type === ADVERTISEMENT) return 'neighbour'
  if ((type >= FIRST_DISCOVERY && type <= LAST_DISCOVERY) || type === MLD_REPORT) return 'router'
  return type < ECHO_REQUEST_V6 ? errorOf(packet) : 'v6'
}

/**
 * An error goes to who sent what it quotes, and a port is refused by the host that it is on: all else was made up
 * (BlackNurse).
 */
function errorOf(packet: Packet): Group {
  const { buffer, payloadOffset, payloadCaptured } = packet
  const isV4 = packet.ipVersion === 4
  if (payloadCaptured < QUOTED_BYTES || buffer[payloadOffset]! >>> 4 !== packet.ipVersion)
    return 'error'
  const source = payloadOffset + (isV4 ? QUOTED_SOURCE : QUOTED_SOURCE_V6 + LAST_WORD)
  if (readInt32(buffer, source) !== packet.destination3) return 'stray-error'
  const destination = source + (isV4 ? 4 : 16)
  if (!refusesPort(packet) || destination + 4 > payloadOffset + payloadCaptured) return 'error'
  return readInt32(buffer, destination) === packet.source3 ? 'error' : 'stray-error'
}

/** Port unreachable (RFC 792, RFC 4443 §3.1). */
function refusesPort({ ipVersion, sourcePort: type, destinationPort: code }: Packet): boolean {
  return ipVersion === 4 ? type === 3 && code === 3 : type === 1 && code === 4
}

function isPing(packet: Packet): boolean {
  const isV6 = packet.protocol === IpProtocol.ICMPV6
  return packet.sourcePort === (isV6 ? ECHO_REQUEST_V6 : ECHO_REQUEST)
}

/** To a group, to all of a link, or to what is the last address of most networks. */
function isToNetwork(packet: Packet): boolean {
  if (packet.ipVersion === 6) return packet.destination0 >>> 24 === 0xff
  const last = packet.destination3 & 0xff
  return packet.destinationMac === BROADCAST_MAC || last === 0xff || packet.destination3 >>> 28 > 13
}

function isSolicitedNode(packet: Packet): boolean {
  return packet.destination0 === SOLICITED_NODE && packet.destination3 >>> 24 === 0xff
}

function stuffOf(config: IcmpFloodConfig): Readonly<Record<Group, Stuff>> {
  const ping: Stuff = {
    ...{ kind: 'flood.icmp', detector: 'icmp-flood', noun: 'ICMP message' },
    minPackets: config.minMessages,
    mitre: ['T1498.001'],
    maxSeverity: 7,
  }
  const v6: Stuff = { ...ping, kind: 'flood.icmpv6', noun: 'ICMPv6 message' }
  const minBurst = Math.ceil(config.minMessages * BURST_SHARE)
  const minSmurf = Math.ceil(config.minMessages / SMURF_SHARE)
  return {
    usual: { ...ping, minBurst },
    error: { ...ping, noun: 'ICMP error', minPackets: config.minErrors, maxSeverity: 5 },
    'stray-error': { ...ping, noun: 'made-up ICMP error', minBurst },
    v6: { ...v6, minBurst },
    smurf: {
      ...{ ...ping, kind: 'amplification.smurf', noun: 'ping', mitre: ['T1498.002'] },
      minPackets: minSmurf,
      minBurst: Math.ceil(minSmurf * SMURF_BURST),
      isReflected: true,
    },
    neighbour: {
      ...{ ...v6, noun: 'neighbour discovery message', minPackets: config.minNeighbour },
      minBurst: Math.ceil(config.minNeighbour * NEIGHBOUR_BURST),
    },
    router: {
      ...{ ...v6, noun: 'router or multicast listener message', minPackets: config.minRouter },
      isOfAll: true,
    },
  }
}
