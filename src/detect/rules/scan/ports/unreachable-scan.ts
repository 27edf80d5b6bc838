/**
 * Detects vertical scans of which only ICMP's answers are captured: "port unreachable", time after time, about
 * one source's packets to one host. What was refused is quoted in each.
 *
 * Left out: scans of high ports alone, which games, calls and peers behind a translator look like; hosts whose
 * tries are captured, which are judged by those.
 * Source: RFC 792, RFC 1812 §5.2.7.1, RFC 4443 §3.1.
 */
import { decodeQuotedPacket, isUnreachable, Packet } from '../../../../decode/index.ts'
import type { LiveFlow } from '../../../../flow/flow.ts'
import { IpProtocol } from '../../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { FirstLooks } from '../../state/tables/first-looks.ts'
import { destinationAddress, destinationHash, originatorHash, responderHash, sourceAddress, sourceHash } from '../../state/packet-address.ts' // prettier-ignore
import { pairHash, pairKey } from '../../state/pair-key.ts'
import { PortSet } from '../../state/port-set.ts'
import { Stories, type Suspect, type Telling } from '../../state/stories.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { PortScanConfig } from '../config.ts'
import { Probe, probeName } from '../probe.ts'

const PLACES = 16_384
const MAX_PAIRS = 1024
const WELL_KNOWN_PORTS = 1024
const MIN_WELL_KNOWN = 6
/** Pairs of which packets were seen on their way out; a power of two. */
const SEEN_PAIRS = 65_536
/** Room for every sort of probe beside the host in the waiting room's second key. */
const SORTS = 16

/** Codes of ICMP with which a host, or a filter for it, refuses one port or protocol rather than itself. */
const REFUSING_CODES: readonly number[] = [2, 3, 9, 10, 13]
const PROTOCOL_UNREACHABLE = 2
const REFUSING_CODES_V6: readonly number[] = [1, 4]

interface Refused extends Suspect {
  readonly scanner: string
  readonly host: string
  /** One of `Probe`. */
  readonly sort: number
  readonly tried: PortSet
  wellKnown: number
}

export class UnreachableScan implements Detector {
  readonly name = 'unreachable-scan'
  readonly watches = ['icmp'] as const
  readonly memories: readonly Memory[]
  readonly #config: PortScanConfig
  readonly #quoted = new Packet()
  readonly #looks: FirstLooks
  readonly #stories: Stories<Refused>
  /** A hash of each pair whose own packets were seen, at its place. */
  readonly #seen = new Int32Array(SEEN_PAIRS)

  constructor(config: PortScanConfig, emit: Emit) {
    const forgetAfterUs = config.forgetAfterSeconds * 1e6
    this.#config = config
    this.#looks = new FirstLooks(PLACES, forgetAfterUs)
    this.#stories = new Stories<Refused>({
      detector: this.name,
      family: 'scan',
      cap: MAX_PAIRS,
      forgetAfterUs,
      emit,
      tell: (refused) => tell(refused, this.#least(refused)),
    })
    this.memories = [this.#looks, this.#stories]
  }

  flowOpened(flow: LiveFlow): void {
    const { protocol } = flow
    if (protocol === IpProtocol.ICMP || protocol === IpProtocol.ICMPV6) return
    const hash = pairHash(originatorHash(flow), responderHash(flow))
    this.#seen[hash & (SEEN_PAIRS - 1)] = hash
  }

  packet(packet: Packet): void {
    if (!isUnreachable(packet) || !isRefusing(packet)) return
    const quoted = this.#quoted
    if (!decodeQuotedPacket(packet, quoted)) return
    const scanner = sourceHash(quoted)
    // What was never sent from where the answer goes is quoted by somebody who makes it up.
    if (scanner !== destinationHash(packet)) return
    const host = destinationHash(quoted)
    const pair = pairHash(scanner, host)
    if (this.#seen[pair & (SEEN_PAIRS - 1)] === pair) return
    const sort = sortOf(packet, quoted)
    if (sort !== Probe.NONE) this.#note(quoted, sort, scanner, host)
  }

  #note(quoted: Packet, sort: number, scanner: number, host: number): void {
    const { timestampUs: nowUs, protocol } = quoted
    const item = sort === Probe.IP_PROTOCOL ? protocol : quoted.destinationPort
    const key = pairKey(scanner, host, sort)
    let refused = this.#stories.get(key)
    if (refused === undefined) {
      const place = this.#looks.note(scanner, host * SORTS + sort, item, nowUs)
      if (place < 0) return
      const { items, firstUs } = this.#looks.take(place)
      refused = this.#stories.add(key, open(quoted, sort, firstUs))
      for (const earlier of items) add(refused, earlier)
    }
    refused.lastUs = Math.max(refused.lastUs, nowUs)
    add(refused, item)
    const isScan = sort === Probe.IP_PROTOCOL || refused.wellKnown >= MIN_WELL_KNOWN
    if (isScan && refused.count >= this.#least(refused)) this.#stories.tell(refused, nowUs)
  }

  #least({ sort }: Refused): number {
    return sort === Probe.IP_PROTOCOL ? this.#config.minProtocols : this.#config.minPorts
  }
}

function isRefusing({ ipVersion, destinationPort: code }: Packet): boolean {
  return (ipVersion === 6 ? REFUSING_CODES_V6 : REFUSING_CODES).includes(code)
}

/** Names how the quoted packet tries what was refused; none where it may be an answer that came too late. */
function sortOf(error: Packet, quoted: Packet): number {
  const isAboutProtocol = error.ipVersion === 4 && error.destinationPort === PROTOCOL_UNREACHABLE
  if (isAboutProtocol) return Probe.IP_PROTOCOL
  const { protocol, sourcePort, destinationPort } = quoted
  if (destinationPort >= WELL_KNOWN_PORTS && sourcePort < destinationPort) return Probe.NONE
  switch (protocol) {
    case IpProtocol.UDP:
      return Probe.UDP
    case IpProtocol.TCP:
      return Probe.SYN
    case IpProtocol.SCTP:
      return Probe.SCTP
    default:
      return Probe.NONE
  }
}

function open(quoted: Packet, sort: number, firstUs: number): Refused {
  const parties = { scanner: sourceAddress(quoted), host: destinationAddress(quoted) }
  const { timestampUs: lastUs } = quoted
  return { ...parties, sort, tried: new PortSet(), wellKnown: 0, firstUs, lastUs, count: 0, story: null } // prettier-ignore
}

function add(refused: Refused, item: number): void {
  if (!refused.tried.add(item)) return
  refused.count = refused.tried.size
  if (item < WELL_KNOWN_PORTS) refused.wellKnown += 1
}

function tell(refused: Refused, least: number): Telling {
  const { scanner, host, sort, count, firstUs, lastUs } = refused
  const what = counted(count, sort === Probe.IP_PROTOCOL ? 'IP protocol' : 'port')
  return {
    kind: `scan.vertical.${probeName(sort)}`,
    severity: 5,
    confidence: confidenceOf(0.75, count - least, 20),
    attacker: scanner,
    victims: [host],
    summary: `${scanner} is told by ICMP that ${what} of ${host} cannot be reached, in ${spanOf(lastUs - firstUs)}; its tries are not captured; ${least} are enough for a scan`,
    reasons: [{ feature: 'refusingPorts', value: count, baseline: least, weight: 1 }],
    mitre: ['T1046', 'T1595.001'],
  }
}
