/**
 * Detects floods of the link itself: frames of ever new cards, which fill the tables of switches and neighbours
 * (macof, ARP floods), and torrents of what switches say to each other (BPDUs, CDP, DTP).
 *
 * Looks at SYNs, ARP and frames that are no IP: each of a hundred cards on a link speaks time and again, what is
 * made up speaks once. Left out of what switches say: PAUSE, with which any busy card slows its switch down a
 * thousand times a second, and PTP, whose clocks agree a hundred times.
 * Source: dsniff's macof; Yersinia; IEEE 802.1D §7.12.
 */
import { readUint16 } from '../../../../decode/index.ts'
import { PacketKind, type Packet } from '../../../../decode/packet.ts'
import { IpProtocol, TcpFlag } from '../../../../net/protocol.ts'
import type { Detection } from '../../../detection.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { mix } from '../../state/pair-key.ts'
import type { Story } from '../../state/story.ts'
import { claimOf } from '../../state/watch/claim.ts'
import { WatchedHosts, type Watched } from '../../state/watch/watched-hosts.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { LinkFloodConfig } from '../config.ts'
import { nobody, Tally } from './tally.ts'

const MAX_LINKS = 64
/** Groups that only switches speak to: spanning tree and its kin; CDP, VTP, DTP; trees of VLANs have their own. */
const CONTROL_GROUPS = [0x0180c2000000, 0x01000ccccccc]
const CONTROL_MASK = 16
const TREES_OF_VLANS = 0x01000ccccccd
/** What precedes the payload of MAC control (IEEE 802.3 annex 31) and PTP (IEEE 1588 annex F). */
const RAPID_TYPES = [0x8808, 0x88f7]
/** Cards are counted over this long. */
const SPAN_US = 10_000_000
/** This share of the cards is enough within one second. */
const BURST_SHARE = 0.3
/** Of made-up cards nearly every frame bears another. */
const NEW_SHARE = 0.8

export class LinkFlood implements Detector {
  readonly name = 'link-flood'
  readonly watches = ['tcp-bare', 'arp', 'other'] as const
  readonly memories: readonly Memory[]
  readonly #config: LinkFloodConfig
  readonly #links: WatchedHosts<FloodedLink>

  constructor(config: LinkFloodConfig, emit: Emit) {
    this.#config = config
    this.#links = new WatchedHosts(MAX_LINKS, emit)
    this.memories = [this.#links]
  }

  packet(packet: Packet): void {
    if (packet.kind === PacketKind.IP && packet.tcpFlags !== TcpFlag.SYN && !isHeadOnly(packet)) {
      return
    }
    if (packet.sourceMac === 0) return
    const isControl = packet.kind === PacketKind.OTHER && isToSwitches(packet.destinationMac)
    if (packet.kind === PacketKind.OTHER && (!isControl || isRapid(packet))) return
    const key = packet.vlan * 2 + (isControl ? 1 : 0)
    const link =
      this.#links.get(key) ?? this.#links.watch(key, new FloodedLink(this.#config, isControl))
    link.frame(packet)
    this.#links.noted(link, packet.timestampUs)
  }
}

/** Some builds of macof send the head of an IP packet and nothing in it. */
const isHeadOnly = ({ protocol, malformed }: Packet): boolean =>
  protocol === IpProtocol.TCP && malformed !== 0

function isToSwitches(mac: number): boolean {
  if (mac === TREES_OF_VLANS) return false
  const group = Math.floor(mac / CONTROL_MASK)
  return CONTROL_GROUPS.some((control) => Math.floor(control / CONTROL_MASK) === group)
}

const isRapid = ({ buffer, payloadOffset }: Packet): boolean =>
  payloadOffset >= 2 && RAPID_TYPES.includes(readUint16(buffer, payloadOffset - 2))

/** What one link carries of a sort. */
class FloodedLink implements Watched {
  story: Story | null = null
  readonly #config: LinkFloodConfig
  readonly #isControl: boolean
  readonly #tally = new Tally()
  #sinceUs = 0

  constructor(config: LinkFloodConfig, isControl: boolean) {
    this.#config = config
    this.#isControl = isControl
  }

  get lastUs(): number {
    return this.#tally.lastUs
  }

  get count(): number {
    return this.#tally.count
  }

  frame(packet: Packet): void {
    const { sourceMac, timestampUs } = packet
    const card = mix(mix(23, sourceMac | 0), Math.floor(sourceMac / 2 ** 32))
    this.#tally.add(card, timestampUs, packet, nobody)
  }

  isAttacked(nowUs: number): boolean {
    const recent = this.#tally.recent(nowUs)
    const { minControlFrames, minCards } = this.#config
    if (this.#isControl) return recent >= minControlFrames
    const isBurst = this.#tally.peak(nowUs) >= minCards * BURST_SHARE
    if (recent < minCards && !isBurst) return false
    const cards = this.#tally.distinctSources
    // Frames are counted over the last seconds, cards since the span began: a busy link's may be none yet.
    const enough = isBurst ? minCards * BURST_SHARE : minCards
    return cards >= enough && cards >= this.#tally.count * NEW_SHARE
  }

  begin(nowUs: number): Story {
    return this.#tally.begin(nowUs)
  }

  restart(nowUs: number): void {
    if (nowUs - this.#sinceUs < SPAN_US && nowUs >= this.#sinceUs) return
    this.#sinceUs = nowUs
    this.#tally.beginAnew()
  }

  tell(story: Story, isFinal: boolean): Detection {
    const { count, distinctSources: cards } = this.#tally
    const what = this.#isControl ? 'frame to its switches' : 'frame'
    const plural = this.#isControl ? 'frames to its switches' : 'frames'
    return claimOf(
      story,
      {
        ...{ detector: 'link-flood', kind: 'flood.link', family: 'flood', attacker: null },
        severity: 6,
        confidence: confidenceOf(0.75, count, 2000),
        count,
        summary: `${counted(count, what, plural)} of about ${counted(cards, 'card')} flood the link in ${spanOf(story.lastUs - story.firstUs)}`,
        reasons: [
          { feature: 'frames', value: count, baseline: null, weight: 0.5 },
          { feature: 'distinctCards', value: cards, baseline: null, weight: 0.5 },
        ],
        mitre: ['T1498.001'],
      },
      isFinal,
    )
  }
}
